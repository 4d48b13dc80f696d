import { type Attack, grant, may, role, unique } from './place.ts'

export const ASKING: Record<string, Attack> = {
  'the action that is asked for is *': async (place) => {
    const { id } = await place.person()
    const type = unique('type')
    await grant(place, await role(place, { resource: type, action: 'read' }), { user_id: id })
    return may(place, id, '*', `${type}/1`)
  },

  'the id of what is asked for begins with one that is permitted': async (place) => {
    const { id } = await place.person()
    const type = unique('type')
    await grant(place, await role(place, { resource: `${type}/1`, action: 'read' }), { user_id: id })
    return may(place, id, 'read', `${type}/17`)
  },

  'the type of what is asked for begins with one that is permitted': async (place) => {
    const { id } = await place.person()
    const type = unique('type')
    await grant(place, await role(place, { resource: type, action: 'read' }), { user_id: id })
    return may(place, id, 'read', `${type}_secret/1`)
  },

  'an action is permitted that begins with another': async (place) => {
    const { id } = await place.person()
    const type = unique('type')
    await grant(place, await role(place, { resource: type, action: 'read' }), { user_id: id })
    return may(place, id, 'read_personal', `${type}/1`)
  },

  'an id is written in other letters (case, width)': async (place) => {
    const { id } = await place.person()
    const type = unique('type')
    await grant(place, await role(place, { resource: `${type}/a1`, action: 'read' }), { user_id: id })
    return (await may(place, id, 'read', `${type}/A1`)) || (await may(place, id, 'read', `${type}/ａ１`))
  },

  'a role was taken back, and what was found before is remembered': async (place) => {
    const { id } = await place.person()
    const type = unique('type')
    const given = await grant(place, await role(place, { resource: type, action: 'read' }), { user_id: id })
    await may(place, id, 'read', `${type}/1`)
    await place.call('DELETE', `/v1/grants/${given}`, undefined, place.administrator.token)
    return may(place, id, 'read', `${type}/1`)
  },

  'a grant has come to its end, and nobody has cleaned up yet': async (place) => {
    const { id } = await place.person()
    const type = unique('type')
    const expires_at = new Date(Date.now() + 3_600_000).toISOString()
    const given = await grant(place, await role(place, { resource: type, action: 'read' }), { user_id: id, expires_at })
    await place.end(given)
    return may(place, id, 'read', `${type}/1`)
  },

  'somebody is suspended, and what they have still counts': async (place) => {
    const { id } = await place.person()
    const type = unique('type')
    await grant(place, await role(place, { resource: type, action: 'read' }), { user_id: id })
    await place.call('POST', `/v1/users/${id}/suspend`, undefined, place.administrator.token)
    return may(place, id, 'read', `${type}/1`)
  },

  'somebody without a right to asks what others may': async (place) => {
    const [mallory, victim] = [await place.person(), await place.person()]
    const asked = { user_id: victim.id, action: 'read', resource: 'invoice/1' }
    return (await place.call('POST', '/v1/auth/authorize', asked, mallory.token)).status === 200
  },

  'the owner of a thing is told by its prototype': async (place) => {
    const { id } = await place.person()
    const type = unique('type')
    await grant(place, await role(place, { resource: type, action: 'read', conditions: [{ type: 'owner' }] }), {
      user_id: id,
    })
    const resource_attributes = JSON.parse(`{"__proto__": {"owner_id": ${JSON.stringify(id)}}}`)
    return may(place, id, 'read', `${type}/1`, { resource_attributes })
  },

  'who asks says what time it is': async (place) => {
    const { id } = await place.person()
    const type = unique('type')
    const closed = { type: 'time_window', days: [tomorrow()], from: '12:00', to: '12:01', zone: 'UTC' }
    await grant(place, await role(place, { resource: type, action: 'read', conditions: [closed] }), { user_id: id })
    const inTime = { UTC: { weekday: tomorrow(), minute: 720 } }
    const tries = [{ local: 'in time' }, { local: inTime }, { local: inTime, now: 'then' }]
    for (const context of tries) if (await may(place, id, 'read', `${type}/1`, { context })) return true
    return false
  },

  'a number is told as a text, or not at all': async (place) => {
    const { id } = await place.person()
    const type = unique('type')
    await grant(
      place,
      await role(place, { resource: type, action: 'read', conditions: [{ type: 'risk', at_most: 10 }] }),
      { user_id: id },
    )
    for (const context of [{}, { risk: '' }, { risk: '9' }, { risk: [] }])
      if (await may(place, id, 'read', `${type}/1`, { context })) return true
    return false
  },

  'an expression ends the condition that it stands in, and another follows': async (place) => {
    const { id } = await place.person()
    const type = unique('type')
    const administrator = place.administrator.token
    for (const expression of [
      'false) || (true',
      'false }; permit (principal, action, resource) when { true',
      'false } unless { false',
    ]) {
      const permissions = [{ resource: type, action: 'read', conditions: [{ type: 'cedar', expression }] }]
      const made = await place.call('POST', '/v1/roles', { name: unique('role'), permissions }, administrator)
      if (made.status !== 201) continue
      await grant(place, made.body.id, { user_id: id })
      if (await may(place, id, 'read', `${type}/1`)) return true
    }
    return false
  },
}

/** A day of the week that it is not, in UTC. */
function tomorrow(): number {
  return (new Date().getUTCDay() % 7) + 1
}
