const THEME = 'data-mantine-color-scheme'

/** Paper is white, and what prints leaves grounds out: a page in its dark theme would be light on white. */
export function printInLight(): void {
  const root = document.documentElement
  let before: string | null = null
  window.matchMedia('print').addEventListener('change', ({ matches }) => {
    if (matches) {
      before = root.getAttribute(THEME)
      root.setAttribute(THEME, 'light')
    } else if (before !== null) root.setAttribute(THEME, before)
  })
}
