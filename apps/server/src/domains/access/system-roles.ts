import { type Permission, partsOf, SCOPE_PERMITS } from '@probity/contract'

/** A role that every tenant has. */
export interface SystemRole {
  name: string
  description: string
  permissions: Permission[]
  parents: string[]
}

const may = (resource: string, ...actions: string[]): Permission[] =>
  actions.map((action) => ({ resource, action, conditions: [] }))

/** Grows with each change of these roles: tenants that have an earlier edition get this one. */
export const SYSTEM_ROLES_EDITION = 2

/** Those of what Probity itself keeps: what each lets one do is what routes ask for (`SCOPE_PERMITS`). */
export const SYSTEM_ROLES: readonly SystemRole[] = [
  {
    name: 'viewer',
    description: 'Reads the log without what is sealed in it, and sees roles',
    permissions: [...may('audit_entry', 'read'), ...may('role', 'read')],
    parents: [],
  },
  {
    name: 'ingest',
    description: 'Sends events, and nothing else',
    permissions: may('audit_entry', 'write'),
    parents: [],
  },
  {
    name: 'auditor',
    description: 'Reads and verifies all that is recorded, and changes nothing',
    permissions: [
      ...may('audit_entry', 'verify', 'export'),
      ...['user', 'group', 'grant', 'policy', 'role_exclusion'].flatMap((type) => may(type, 'read')),
    ],
    parents: ['viewer'],
  },
  {
    name: 'security analyst',
    description: 'Works threats: opens what is sealed, ends sessions, suspends accounts',
    permissions: [
      ...may('audit_entry', 'read_personal', 'export'),
      ...may('session', 'end'),
      ...may('user', 'read', 'suspend'),
    ],
    parents: ['viewer'],
  },
  {
    name: 'compliance officer',
    description: 'Answers for people’s data: erases, and reads what that takes',
    permissions: [...may('data_subject', 'erase'), ...may('audit_entry', 'read_personal')],
    parents: ['auditor'],
  },
  {
    name: 'administrator',
    description: 'Keeps people, roles, grants, policies and how people log in',
    permissions: SCOPE_PERMITS['tenant:admin'].flatMap((permit) => {
      const { type, action } = partsOf(permit)
      return may(type, action)
    }),
    parents: ['viewer'],
  },
  { name: 'owner', description: 'May do everything in the tenant', permissions: may('*', '*'), parents: [] },
]
