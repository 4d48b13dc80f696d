import type { AccessCondition, Permission } from '@probity/contract'

/** A condition in a few words, the same in every language: names and values of the model. */
export function conditionText(condition: AccessCondition): string {
  switch (condition.type) {
    case 'owner':
      return 'resource.owner_id = principal'
    case 'tenant_member':
      return 'resource.tenant_id = tenant'
    case 'attribute':
      return `${condition.attribute} ${condition.operator} ${condition.other ?? JSON.stringify(condition.value)}`
    case 'time_window':
      return `${condition.days.join('')} ${condition.from}–${condition.to} ${condition.zone}`
    case 'network':
      return `ip ∈ ${condition.networks.join(', ')}`
    case 'factor':
      return `factor ≤ ${condition.max_age_seconds} s`
    case 'risk':
      return `risk ≤ ${condition.at_most}`
    case 'cedar':
      return condition.expression
  }
}

/** A permission as one line, by which two of them are compared. */
export function permissionText({ action, resource, conditions }: Permission): string {
  const terms = conditions.map(conditionText)
  return [`${action} ${resource}`, ...(terms.length > 0 ? [`if ${terms.join(' and ')}`] : [])].join(' ')
}
