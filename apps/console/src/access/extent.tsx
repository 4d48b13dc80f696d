import { useText } from '../platform/text.tsx'
import { extentText } from './extent-text.ts'
import type AccessTexts from './messages.en.json'

/** On what a grant counts, in words where it is everything. */
export function Extent({ of }: { of: Parameters<typeof extentText>[0] }) {
  const text = useText<typeof AccessTexts>('access')
  if (of.resource_type === null) return text('grants.everything')
  return <span className="mono">{extentText(of)}</span>
}
