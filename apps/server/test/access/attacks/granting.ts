import { type Attack, application, grant, made, may, role, unique } from './place.ts'

const ALL = { resource: '*', action: '*' }
const soon = () => new Date(Date.now() + 3_600_000).toISOString()

export const GRANTING: Record<string, Attack> = {
  'an administrator gives themselves a role': async (place) => {
    const all = await role(place, ALL)
    const { id, token } = place.administrator
    return (await place.call('POST', '/v1/grants', { role_id: all, user_id: id }, token)).status === 201
  },

  'somebody without a right to gives a friend a role': async (place) => {
    const [mallory, friend] = [await place.person(), await place.person()]
    const all = await role(place, ALL)
    await place.call('POST', '/v1/grants', { role_id: all, user_id: friend.id }, mallory.token)
    return may(place, friend.id, 'delete', 'invoice/1')
  },

  'who has a role without grant option hands it on': async (place) => {
    const [mallory, friend] = [await place.person(), await place.person()]
    const reads = await role(place, { resource: 'invoice', action: 'read' })
    await grant(place, reads, { user_id: mallory.id })
    await place.call('POST', '/v1/grants', { role_id: reads, user_id: friend.id }, mallory.token)
    return may(place, friend.id, 'read', 'invoice/1')
  },

  'who has a role on one invoice with grant option gives it on all': async (place) => {
    const [mallory, friend] = [await place.person(), await place.person()]
    const reads = await role(place, { resource: 'invoice', action: 'read' })
    await grant(place, reads, {
      user_id: mallory.id,
      resource_type: 'invoice',
      resource_id: '1',
      with_grant_option: true,
    })
    await place.call(
      'POST',
      '/v1/grants',
      { role_id: reads, user_id: friend.id, resource_type: 'invoice' },
      mallory.token,
    )
    return may(place, friend.id, 'read', 'invoice/2')
  },

  'who has a role for an hour gives it for ever': async (place) => {
    const [mallory, friend] = [await place.person(), await place.person()]
    const reads = await role(place, { resource: 'invoice', action: 'read' })
    await grant(place, reads, { user_id: mallory.id, with_grant_option: true, expires_at: soon() })
    const given = await place.call('POST', '/v1/grants', { role_id: reads, user_id: friend.id }, mallory.token)
    return given.status === 201
  },

  'the role that one has is edited to permit more': async (place) => {
    const { id, token } = place.administrator
    const own = await role(place, { resource: unique('type'), action: 'read' })
    await heldByAdministrator(place, own)
    await place.call('PATCH', `/v1/roles/${own}`, { permissions: [ALL] }, token)
    return may(place, id, 'delete', 'invoice/1')
  },

  'the role that one has gets a parent that permits more': async (place) => {
    const { id, token } = place.administrator
    const own = await role(place, { resource: unique('type'), action: 'read' })
    await heldByAdministrator(place, own)
    const all = await role(place, ALL)
    await place.call('PATCH', `/v1/roles/${own}`, { parent_roles: [all] }, token)
    return may(place, id, 'delete', 'invoice/1')
  },

  'one is in a group, and the group is given the role': async (place) => {
    const { id, token } = place.administrator
    const type = unique('type')
    const reads = await role(place, { resource: type, action: 'read' })
    const group = await made(place, '/v1/groups', { name: unique('group') })
    await place.call('POST', `/v1/groups/${group}/members`, { user_id: id }, token)
    await place.call('POST', '/v1/grants', { role_id: reads, group_id: group }, token)
    return may(place, id, 'read', `${type}/1`)
  },

  'an application of one’s own gives one a role': async (place) => {
    const { id, token } = await application(place)
    const type = unique('type')
    const reads = await role(place, { resource: type, action: 'read' })
    await place.call('POST', '/v1/grants', { role_id: reads, user_id: id }, token)
    return may(place, id, 'read', `${type}/1`)
  },

  'an application of somebody else gives one a role, by the token that one made for it': async (place) => {
    const { id, token } = await application(place, (await place.person()).id)
    const type = unique('type')
    const reads = await role(place, { resource: type, action: 'read' })
    await place.call('POST', '/v1/grants', { role_id: reads, user_id: id }, token)
    return may(place, id, 'read', `${type}/1`)
  },

  'an application of one’s own makes the token of another, which gives one a role': async (place) => {
    const first = await application(place)
    const { id, token } = await application(place, (await place.person()).id, first.token)
    const type = unique('type')
    const reads = await role(place, { resource: type, action: 'read' })
    await place.call('POST', '/v1/grants', { role_id: reads, user_id: id }, token)
    return may(place, id, 'read', `${type}/1`)
  },

  'an application of one’s own gives the role to a group that one is in': async (place) => {
    const { id, token } = await application(place)
    const type = unique('type')
    const reads = await role(place, { resource: type, action: 'read' })
    const group = await made(place, '/v1/groups', { name: unique('group') })
    await place.join(group)
    await place.call('POST', '/v1/grants', { role_id: reads, group_id: group }, token)
    return may(place, id, 'read', `${type}/1`)
  },

  'an application of one’s own puts one into a group that has the role': async (place) => {
    const { id, token } = await application(place)
    const type = unique('type')
    const group = await made(place, '/v1/groups', { name: unique('group') })
    await grant(place, await role(place, { resource: type, action: 'read' }), { group_id: group })
    await place.call('POST', `/v1/groups/${group}/members`, { user_id: id }, token)
    return may(place, id, 'read', `${type}/1`)
  },

  'an application of one’s own edits the role that one has': async (place) => {
    const { id, token } = await application(place)
    const own = await role(place, { resource: unique('type'), action: 'read' })
    await heldByAdministrator(place, own)
    const type = unique('type')
    const permissions = [{ resource: type, action: 'delete' }]
    await place.call('PATCH', `/v1/roles/${own}`, { permissions }, token)
    return may(place, id, 'delete', `${type}/1`)
  },

  'a token that may only ask gives roles': async (place) => {
    const friend = await place.person()
    const all = await role(place, ALL)
    const { token } = (
      await place.call(
        'POST',
        '/v1/tokens',
        { name: unique('app'), scopes: ['access:decide'] },
        place.administrator.token,
      )
    ).body
    await place.call('POST', '/v1/grants', { role_id: all, user_id: friend.id }, token)
    return may(place, friend.id, 'delete', 'invoice/1')
  },

  'an administrator of another tenant gives a role here, by the ids of both': async (place) => {
    const friend = await place.person()
    const all = await role(place, ALL)
    await place.call('POST', '/v1/grants', { role_id: all, user_id: friend.id }, await place.stranger())
    return may(place, friend.id, 'delete', 'invoice/1')
  },

  'an administrator of another tenant edits a role here by its id': async (place) => {
    const friend = await place.person()
    const reads = await role(place, { resource: unique('type'), action: 'read' })
    await grant(place, reads, { user_id: friend.id })
    await place.call('PATCH', `/v1/roles/${reads}`, { permissions: [ALL] }, await place.stranger())
    return may(place, friend.id, 'delete', 'invoice/1')
  },

  'a body says who gave a role, and since when (mass assignment)': async (place) => {
    const friend = await place.person()
    const reads = await role(place, { resource: unique('type'), action: 'read' })
    const forged = { role_id: reads, user_id: friend.id, granted_by: friend.id, granted_at: '2020-01-01T00:00:00Z' }
    const answer = await place.call('POST', '/v1/grants', forged, place.administrator.token)
    return answer.status === 201 && answer.body.granted_by === friend.id
  },

  'a body makes a role one of the system’s, or takes the id of another (mass assignment)': async (place) => {
    const forged = { name: unique('role'), is_system: true, id: '00000000-0000-7000-8000-000000000001' }
    const answer = await place.call('POST', '/v1/roles', forged, place.administrator.token)
    return answer.status === 201 && (answer.body.is_system === true || answer.body.id === forged.id)
  },

  'a role is made that looks like one of the system’s': async (place) => {
    const names = ['Ｖiewer', 'view\u200ber', 'viewer\u2060', '\u202eviewer\u202c', 'vi\u00adewer', 'viewer\ufe0f']
    const made = names.map((name) => place.call('POST', '/v1/roles', { name }, place.administrator.token))
    return (await Promise.all(made)).some(({ status }) => status === 201)
  },
}

/** By a second administrator, since nobody gives themselves anything. */
async function heldByAdministrator(place: Parameters<Attack>[0], roleId: string): Promise<void> {
  const group = await made(place, '/v1/groups', { name: unique('group') })
  await grant(place, roleId, { group_id: group })
  await place.join(group)
}
