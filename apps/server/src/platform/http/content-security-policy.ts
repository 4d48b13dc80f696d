/** What pages of a site may do besides what all may: nothing but their own server's. */
export interface PolicyParts {
  /** Digests of the scripts that stand in its pages, as `sha256-…`; none other than these and its files run. */
  inlineScripts: readonly string[]
  /** Sources by directive, where a site needs others than usual: `'worker-src': "'self'"`. */
  others?: Readonly<Record<string, string>>
}

/**
 * Content-Security-Policy (level 3) of a site of ours: its own files alone, no script that stands in a page unless its
 * digest is known, no frame around it. Styles may stand in a page: what sets them from a script does so there.
 */
export function contentSecurityPolicy({ inlineScripts, others = {} }: PolicyParts): string {
  const directives: Record<string, string> = {
    'default-src': "'none'",
    'script-src': ["'self'", ...inlineScripts.map((digest) => `'${digest}'`)].join(' '),
    'style-src': "'self' 'unsafe-inline'",
    'img-src': "'self' data:",
    'font-src': "'self'",
    'connect-src': "'self'",
    'base-uri': "'none'",
    'form-action': "'self'",
    'frame-ancestors': "'none'",
    ...others,
  }
  return Object.entries(directives)
    .map(([name, sources]) => `${name} ${sources}`)
    .join('; ')
}
