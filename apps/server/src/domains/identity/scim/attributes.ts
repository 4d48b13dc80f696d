/** Types of attributes (RFC 7643 §2.3). */
export type AttributeType = 'string' | 'boolean' | 'dateTime' | 'reference' | 'binary' | 'complex'

/** One attribute of a schema, as RFC 7643 §7 describes it. */
export interface Attribute {
  name: string
  type: AttributeType
  multiValued: boolean
  description: string
  required: boolean
  caseExact: boolean
  mutability: 'readOnly' | 'readWrite' | 'immutable'
  returned: 'always' | 'default'
  uniqueness: 'none' | 'server'
  canonicalValues?: string[]
  referenceTypes?: string[]
  subAttributes?: Attribute[]
}

export interface Schema {
  id: string
  name: string
  description: string
  attributes: Attribute[]
}

/** A kind of resource: its schema, and the ones that extend it. */
export interface ResourceType {
  name: 'User' | 'Group'
  endpoint: '/Users' | '/Groups'
  description: string
  schema: Schema
  extensions: Schema[]
}

type Given = Partial<Attribute> & { description: string }

function attribute(name: string, given: Given): Attribute {
  return {
    ...{ name, type: 'string', multiValued: false, required: false, caseExact: false },
    ...{ mutability: 'readWrite', returned: 'default', uniqueness: 'none' },
    ...given,
  }
}

/** Values with a type, a label and one that is primary (RFC 7643 §2.4). */
function plural(name: string, description: string, value: Partial<Attribute>, canonicalValues?: string[]): Attribute {
  const subAttributes = [
    attribute('value', { description: 'The value', ...value }),
    attribute('display', { description: 'How it is shown' }),
    attribute('type', { description: 'What kind it is', ...(canonicalValues && { canonicalValues }) }),
    attribute('primary', { description: 'Whether it is the preferred one', type: 'boolean' }),
  ]
  return attribute(name, { description, type: 'complex', multiValued: true, subAttributes })
}

const PLACES = ['work', 'home', 'other']

const NAME = attribute('name', {
  description: 'Parts of the person’s name',
  type: 'complex',
  subAttributes: [
    attribute('formatted', { description: 'The whole name, to be shown' }),
    attribute('familyName', { description: 'Family name' }),
    attribute('givenName', { description: 'Given name' }),
    attribute('middleName', { description: 'Middle names' }),
    attribute('honorificPrefix', { description: 'Title before the name' }),
    attribute('honorificSuffix', { description: 'What stands behind the name' }),
  ],
})

const ADDRESSES = attribute('addresses', {
  description: 'Postal addresses',
  type: 'complex',
  multiValued: true,
  subAttributes: [
    attribute('formatted', { description: 'The whole address, to be shown' }),
    attribute('streetAddress', { description: 'Street and number' }),
    attribute('locality', { description: 'City' }),
    attribute('region', { description: 'State or region' }),
    attribute('postalCode', { description: 'Postal code' }),
    attribute('country', { description: 'Country, two letters' }),
    attribute('type', { description: 'What kind it is', canonicalValues: PLACES }),
    attribute('primary', { description: 'Whether it is the preferred one', type: 'boolean' }),
  ],
})

const GROUPS = attribute('groups', {
  description: 'Groups that the person belongs to; changed at the groups',
  type: 'complex',
  multiValued: true,
  mutability: 'readOnly',
  subAttributes: [
    attribute('value', { description: 'Id of the group', mutability: 'readOnly', caseExact: true }),
    attribute('$ref', {
      ...{ description: 'Where it is', mutability: 'readOnly' },
      ...{ type: 'reference', referenceTypes: ['Group'], caseExact: true },
    }),
    attribute('display', { description: 'Its name', mutability: 'readOnly' }),
    attribute('type', { description: 'How they belong to it', mutability: 'readOnly', canonicalValues: ['direct'] }),
  ],
})

/** Attributes that every resource has beside those of its schema (RFC 7643 §3.1). */
export const COMMON: Attribute[] = [
  attribute('schemas', {
    ...{ description: 'URIs of the schemas', type: 'reference', multiValued: true, required: true },
    ...{ returned: 'always', mutability: 'readOnly', referenceTypes: ['uri'] },
  }),
  attribute('id', {
    ...{ description: 'Our id of it', mutability: 'readOnly', returned: 'always' },
    ...{ caseExact: true, uniqueness: 'server' },
  }),
  attribute('externalId', { description: 'The client’s id of it; each client has its own', caseExact: true }),
  attribute('meta', {
    description: 'About the resource itself',
    type: 'complex',
    mutability: 'readOnly',
    subAttributes: [
      attribute('resourceType', { description: 'What it is', mutability: 'readOnly', caseExact: true }),
      attribute('created', { description: 'When it was made', mutability: 'readOnly', type: 'dateTime' }),
      attribute('lastModified', { description: 'When it was last changed', mutability: 'readOnly', type: 'dateTime' }),
      attribute('location', { description: 'Where it is', mutability: 'readOnly', type: 'reference', caseExact: true }),
      attribute('version', { description: 'Its entity tag', mutability: 'readOnly', caseExact: true }),
    ],
  }),
]

/** RFC 7643 §4.1, without `password`: nobody but its owner sets one. */
export const USER: Schema = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:User',
  name: 'User',
  description: 'Somebody with an account',
  attributes: [
    attribute('userName', { description: 'What they log in as', required: true, uniqueness: 'server' }),
    NAME,
    attribute('displayName', { description: 'What they are shown as' }),
    attribute('nickName', { description: 'What they are called' }),
    attribute('profileUrl', { description: 'Page about them', type: 'reference', referenceTypes: ['external'] }),
    attribute('title', { description: 'What they are, as in "Vice President"' }),
    attribute('userType', { description: 'What they are to the organisation, as in "Contractor"' }),
    attribute('preferredLanguage', { description: 'Languages, as in Accept-Language' }),
    attribute('locale', { description: 'Where they are, for formats of numbers and dates' }),
    attribute('timezone', { description: 'Time zone, by its name in the IANA database' }),
    attribute('active', { description: 'Whether they may log in; false ends their sessions', type: 'boolean' }),
    plural('emails', 'Addresses; the primary one is the account’s', {}, PLACES),
    plural('phoneNumbers', 'Numbers', {}, [...PLACES, 'mobile', 'fax', 'pager']),
    plural('ims', 'Addresses for instant messages', {}),
    plural('photos', 'Pictures', { type: 'reference', referenceTypes: ['external'], caseExact: true }, [
      ...['photo', 'thumbnail'],
    ]),
    ADDRESSES,
    GROUPS,
    plural('entitlements', 'What they are entitled to, as the client says; it opens nothing here', {}),
    plural('roles', 'Roles, as the client says; they open nothing here', {}),
    plural('x509Certificates', 'Certificates', { type: 'binary', caseExact: true }),
  ],
}

/** RFC 7643 §4.3. */
export const ENTERPRISE_USER: Schema = {
  id: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
  name: 'EnterpriseUser',
  description: 'What organisations know of their people',
  attributes: [
    attribute('employeeNumber', { description: 'Number of the person' }),
    attribute('costCenter', { description: 'Cost centre' }),
    attribute('organization', { description: 'Organisation' }),
    attribute('division', { description: 'Division' }),
    attribute('department', { description: 'Department' }),
    attribute('manager', {
      description: 'To whom they report',
      type: 'complex',
      subAttributes: [
        attribute('value', { description: 'Id of the manager', caseExact: true }),
        attribute('$ref', {
          ...{ description: 'Where the manager is', type: 'reference', referenceTypes: ['User'] },
          caseExact: true,
        }),
        attribute('displayName', { description: 'What the manager is shown as', mutability: 'readOnly' }),
      ],
    }),
  ],
}

/** RFC 7643 §4.2. */
export const GROUP: Schema = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  name: 'Group',
  description: 'People who belong together; administrators say what a group may do',
  attributes: [
    attribute('displayName', { description: 'Its name', required: true, uniqueness: 'server' }),
    attribute('members', {
      description: 'People in it',
      type: 'complex',
      multiValued: true,
      subAttributes: [
        attribute('value', { description: 'Id of the person', mutability: 'immutable', caseExact: true }),
        attribute('$ref', {
          ...{ description: 'Where the person is', mutability: 'immutable', type: 'reference' },
          ...{ referenceTypes: ['User'], caseExact: true },
        }),
        attribute('type', { description: 'What it is', mutability: 'immutable', canonicalValues: ['User'] }),
        attribute('display', { description: 'What the person is shown as', mutability: 'readOnly' }),
      ],
    }),
  ],
}

export const USERS: ResourceType = {
  name: 'User',
  endpoint: '/Users',
  description: USER.description,
  schema: USER,
  extensions: [ENTERPRISE_USER],
}

export const GROUPS_TYPE: ResourceType = {
  name: 'Group',
  endpoint: '/Groups',
  description: GROUP.description,
  schema: GROUP,
  extensions: [],
}
