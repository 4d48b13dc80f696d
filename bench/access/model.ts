import { EntityStore } from '../../apps/server/src/domains/access/cedar/entities.ts'
import type { Request } from '../../apps/server/src/domains/access/cedar/request.ts'
import { EntityReference } from '../../apps/server/src/domains/access/cedar/value.ts'

/** How many policies are asked, in turn. */
export const SIZES = [10, 100, 1_000, 10_000] as const

/** A document application: teams may see and edit folders, everybody sees what is of a public kind, some are barred. */
export function policyText(i: number): string {
  if (i % 10 === 9) return `forbid (principal == User::"barred${i}", action, resource is Document);`
  if (i % 10 >= 6)
    return `permit (principal, action == Action::"view", resource is Document) when { resource.kind == "kind${i}" };`
  return `permit (principal in Team::"team${i}", action in [Action::"view", Action::"edit"], resource in Folder::"folder${i}") when { context.network == "office" || resource.owner == principal };`
}

/** The same as casbin has it: who, to what, which action. */
export function casbinRule(i: number): string[] {
  if (i % 10 === 9) return [`barred${i}`, 'all', 'view', 'deny']
  if (i % 10 >= 6) return ['everybody', `kind${i}`, 'view', 'allow']
  return [`team${i}`, `folder${i}`, 'view', 'allow']
}

/** A document of one policy's folder, and somebody of its team. */
export interface Case {
  n: number
  team: number
  kind: number
  isAllowed: boolean
}

export const CASES = 64

/** Of a set of so many policies: every other is allowed, by its team or by its kind. */
export function casesOf(size: number): Case[] {
  return Array.from({ length: CASES }, (_, n) => {
    const at = Math.floor((n * size) / CASES)
    const tens = at - (at % 10)
    return { n, team: tens + (n % 6), kind: n % 4 === 2 ? tens + 6 : -1, isAllowed: n % 2 === 0 }
  })
}

const ref = (type: string, id: string) => new EntityReference(type, id)
const entityOf = (type: string, id: string) => ({ type, id })

/** What Cedar takes as entities: the person in five teams, the document in a folder within two others. */
export function entitiesOf({ team, kind, isAllowed }: Case) {
  const teams = [isAllowed ? team : team + 1_000_000, 2_000_001, 2_000_002, 2_000_003, 2_000_004]
  return [
    { uid: entityOf('User', 'ada'), attrs: {}, parents: teams.map((one) => entityOf('Team', `team${one}`)) },
    ...teams.map((one) => ({ uid: entityOf('Team', `team${one}`), attrs: {}, parents: [] })),
    {
      uid: entityOf('Document', 'plan'),
      attrs: {
        kind: isAllowed && kind >= 0 ? `kind${kind}` : 'secret',
        owner: { __entity: entityOf('User', 'bob') },
      },
      parents: [entityOf('Folder', `folder${team}`)],
    },
    { uid: entityOf('Folder', `folder${team}`), attrs: {}, parents: [entityOf('Folder', 'shelf')] },
    { uid: entityOf('Folder', 'shelf'), attrs: {}, parents: [entityOf('Folder', 'house')] },
    { uid: entityOf('Folder', 'house'), attrs: {}, parents: [] },
  ]
}

export function requestOf(one: Case): Request {
  return {
    ...{ principal: ref('User', 'ada'), action: ref('Action', 'view'), resource: ref('Document', 'plan') },
    context: new Map([['network', 'office']]),
    entities: EntityStore.read(entitiesOf(one)),
  }
}
