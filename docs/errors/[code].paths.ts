import { ERROR_PAGES, STATUS, TITLE } from '@probity/contract'
import { codes } from '../.vitepress/pages/generated.ts'

/** A page for each code. */
export default {
  paths: () => codes().map((code) => ({ params: { code }, content: pageOf(code) })),
}

function pageOf(code: ReturnType<typeof codes>[number]): string {
  const { means, remedy } = ERROR_PAGES[code]
  return [
    `# ${code}`,
    `**${TITLE[code]}.** HTTP status ${STATUS[code]}.`,
    '## What it means',
    means,
    '## What to do',
    remedy,
    '[All error codes](/errors/)',
  ].join('\n\n')
}
