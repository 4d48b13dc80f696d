import type { Permit } from '@probity/contract'
import {
  IconApps,
  IconBinaryTree,
  IconBuildings,
  IconChecklist,
  IconClockUp,
  IconEraser,
  IconFileCertificate,
  IconGavel,
  IconHeartbeat,
  IconHome,
  IconKey,
  IconListSearch,
  IconLogin2,
  IconShieldLock,
  IconTicket,
  IconUserQuestion,
  IconUsers,
  IconUsersGroup,
} from '@tabler/icons-react'
import type { ComponentType } from 'react'
import type AppTexts from './messages.en.json'

export interface Place {
  to: string
  /** Its name among the texts. */
  name: keyof typeof AppTexts
  icon: ComponentType<{ size?: number; stroke?: number }>
  /** Any of which shows it; none: everybody sees it. */
  permits: readonly Permit[]
  /** Behind `g`, to go there by keyboard. */
  key?: string
}

interface Section {
  name: keyof typeof AppTexts | null
  places: readonly Place[]
}

/** All places of the console, in the order of its navigation. */
export const SECTIONS: readonly Section[] = [
  {
    name: null,
    places: [{ to: '/', name: 'nav.overview', icon: IconHome, permits: [], key: 'o' }],
  },
  {
    name: 'nav.group.record',
    places: [
      { to: '/audit', name: 'nav.audit', icon: IconListSearch, permits: ['audit_entry:read'], key: 'a' },
      { to: '/verify', name: 'nav.verify', icon: IconFileCertificate, permits: [], key: 'v' },
      { to: '/erasures', name: 'nav.erasures', icon: IconEraser, permits: ['data_subject:erase'] },
    ],
  },
  {
    name: 'nav.group.people',
    places: [
      { to: '/people', name: 'nav.people', icon: IconUsers, permits: ['user:read'], key: 'p' },
      { to: '/groups', name: 'nav.groups', icon: IconUsersGroup, permits: ['group:read'] },
      {
        to: '/sign-in',
        name: 'nav.sign_in',
        icon: IconLogin2,
        permits: ['sign_in_rules:read', 'connection:read'],
        key: 's',
      },
      {
        to: '/applications',
        name: 'nav.applications',
        icon: IconApps,
        permits: ['application:read', 'service_account:read'],
      },
    ],
  },
  {
    name: 'nav.group.access',
    places: [
      { to: '/roles', name: 'nav.roles', icon: IconShieldLock, permits: ['role:read'], key: 'r' },
      { to: '/explorer', name: 'nav.explorer', icon: IconUserQuestion, permits: ['grant:read'], key: 'w' },
      { to: '/reviews', name: 'nav.reviews', icon: IconChecklist, permits: [] },
      { to: '/elevations', name: 'nav.elevations', icon: IconClockUp, permits: [] },
      { to: '/policies', name: 'nav.policies', icon: IconGavel, permits: ['policy:read'], key: 'l' },
    ],
  },
  {
    name: 'nav.group.operations',
    places: [
      { to: '/tokens', name: 'nav.tokens', icon: IconTicket, permits: ['token:read'], key: 't' },
      { to: '/keys', name: 'nav.keys', icon: IconKey, permits: ['audit_entry:read'] },
      { to: '/health', name: 'nav.health', icon: IconHeartbeat, permits: [], key: 'h' },
      { to: '/tenants', name: 'nav.tenants', icon: IconBuildings, permits: ['tenant:operate'] },
    ],
  },
]

export const BRAND_ICON = IconBinaryTree

/** What somebody with these permits sees. */
export function sectionsFor(permits: readonly string[]): Section[] {
  return SECTIONS.map(({ name, places }) => ({
    name,
    places: places.filter((place) => place.permits.length === 0 || place.permits.some((one) => permits.includes(one))),
  })).filter(({ places }) => places.length > 0)
}
