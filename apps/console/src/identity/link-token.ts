let taken: string | null = null

/**
 * What stands behind # of the link that led here. It is taken out of the address, so that it stays neither there nor in
 * the history; an empty text: there was none.
 */
export function linkToken(): string {
  if (location.hash.length > 1) {
    taken = location.hash.slice(1)
    history.replaceState(history.state, '', location.pathname + location.search)
  }
  return taken ?? ''
}
