import type { Permission } from '@probity/contract'

/** A role that every tenant has. */
export interface SystemRole {
  name: string
  description: string
  permissions: Permission[]
  parents: string[]
}

const may = (resource: string, ...actions: string[]): Permission[] =>
  actions.map((action) => ({ resource, action, conditions: [] }))

/** Those of what Probity itself keeps; the types are its domains' own. */
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
    permissions: [...may('audit_entry', 'verify', 'export'), ...may('user', 'read'), ...may('grant', 'read')],
    parents: ['viewer'],
  },
  {
    name: 'security analyst',
    description: 'Works threats: opens what is sealed, ends sessions, suspends accounts',
    permissions: [
      ...may('audit_entry', 'read_personal'),
      ...may('session', 'read', 'end'),
      ...may('user', 'read', 'suspend'),
    ],
    parents: ['viewer'],
  },
  {
    name: 'compliance officer',
    description: 'Answers for people’s data: erases, and reads what that takes',
    permissions: [...may('data_subject', 'read', 'erase'), ...may('audit_entry', 'read_personal')],
    parents: ['auditor'],
  },
  {
    name: 'administrator',
    description: 'Keeps people, roles, grants and how people log in',
    permissions: ['user', 'group', 'role', 'grant', 'session', 'connection', 'sign_in_rules', 'token'].flatMap((type) =>
      may(type, '*'),
    ),
    parents: ['viewer'],
  },
  { name: 'owner', description: 'May do everything in the tenant', permissions: may('*', '*'), parents: [] },
]
