import { readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { send } from '@fastify/send'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { contentSecurityPolicy, type PolicyParts } from './content-security-policy.ts'

/** A folder of built files under a prefix of the server's addresses. What it holds is listed once, at the start. */
export interface StaticSite {
  /** Such as `/docs`; empty: the root, where every route of the server's goes first. */
  prefix: string
  folder: string
  /** Folder whose names hold a digest of what is in the file: kept by who loaded it for a year. Ends in a slash. */
  digestNamed: string
  policy: PolicyParts
  /**
   * What an unknown address gets. `page`: 404.html with status 404. `single-page`: index.html, where somebody looks for
   * a page, since its script knows the address; who looks for anything else gets the server's NOT_FOUND.
   */
  unknown: 'page' | 'single-page'
  /** What becomes of index.html as it is sent; missing: nothing. */
  page?(html: string): string
  /** What is told where the folder has no index.html: how it comes there. */
  missing: string
}

const YEAR_SECONDS = 31_536_000
/** The best first; the endings are those of files that the build put beside their originals. */
const ENCODINGS = [
  { name: 'br', ending: '.br' },
  { name: 'gzip', ending: '.gz' },
] as const

/** Serves what the folder held at the start, and nothing else: an address is only ever looked up in that list. */
export function serveStaticSite(app: FastifyInstance, site: StaticSite): void {
  const files = listed(site.folder)
  const policy = contentSecurityPolicy(site.policy)
  const headers = { 'content-security-policy': policy, 'referrer-policy': 'same-origin', 'x-frame-options': 'DENY' }
  const answer = async (request: FastifyRequest, reply: FastifyReply) => {
    const { '*': asked = '' } = request.params as { '*'?: string } // decoded by the router
    const file = fileOf(files, asked)
    if (file === null && site.unknown === 'single-page' && !seeksPage(request, asked)) {
      reply.callNotFound()
      return reply
    }
    reply.headers(headers)
    if (!files.has('index.html')) return reply.code(503).type('text/plain; charset=utf-8').send(`${site.missing}\n`)
    if (file !== null) return sendFile(request, reply, site, files, file)
    if (asked !== '' && fileOf(files, `${asked}/`) !== null)
      return reply.redirect(`${site.prefix}/${encodeURI(asked)}/`, 308)
    return site.unknown === 'page'
      ? sendUnknown(reply, site, files)
      : sendFile(request, reply, site, files, 'index.html')
  }
  app.get(`${site.prefix}/*`, answer)
  if (site.prefix !== '') app.get(site.prefix, async (_request, reply) => reply.redirect(`${site.prefix}/`, 308))
}

function listed(folder: string): ReadonlySet<string> {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    return new Set(
      entries.map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(folder.length + 1)
          .replaceAll(sep, '/'),
      ),
    )
  } catch {
    return new Set() // told to whoever comes
  }
}

/** A page goes by its name without `.html`, a folder's by the folder with a slash. Null: there is none. */
function fileOf(files: ReadonlySet<string>, asked: string): string | null {
  const names = asked === '' || asked.endsWith('/') ? [`${asked}index.html`] : [asked, `${asked}.html`]
  return names.find((name) => files.has(name)) ?? null
}

async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  site: StaticSite,
  files: ReadonlySet<string>,
  file: string,
): Promise<FastifyReply> {
  if (site.page && file === 'index.html') {
    const html = site.page(readFileSync(join(site.folder, file), 'utf8'))
    return reply.header('cache-control', 'no-cache').type(typeOf(file)).send(html)
  }
  const encoding = ENCODINGS.find(({ name, ending }) => files.has(file + ending) && takes(request, name))
  const options = { root: site.folder, cacheControl: false, contentType: false, index: false, acceptRanges: false }
  const { statusCode, headers, stream } = await send(
    request.raw,
    `/${encodeURI(file + (encoding?.ending ?? ''))}`,
    options,
  )
  if (statusCode >= 400) return sendUnknown(reply, site, files) // it was there at the start, and the site was built again
  const isKept = file.startsWith(site.digestNamed)
  reply.headers({
    ...headers,
    vary: 'accept-encoding',
    'cache-control': isKept ? `public, max-age=${YEAR_SECONDS}, immutable` : 'no-cache',
    'content-type': typeOf(file),
    ...(encoding && statusCode === 200 && { 'content-encoding': encoding.name }),
  })
  return reply.code(statusCode).send(stream)
}

function sendUnknown(reply: FastifyReply, site: StaticSite, files: ReadonlySet<string>): FastifyReply {
  if (!files.has('404.html')) {
    reply.callNotFound()
    return reply
  }
  return reply
    .code(404)
    .type(typeOf('404.html'))
    .send(readFileSync(join(site.folder, '404.html')))
}

function seeksPage({ headers }: FastifyRequest, asked: string): boolean {
  return (headers.accept ?? '').includes('text/html') && !/\.\w+$/.test(asked)
}

/** RFC 9110 §12.5.3, of which only "not at all" (`q=0`) matters here. */
function takes({ headers }: FastifyRequest, coding: string): boolean {
  return String(headers['accept-encoding'] ?? '')
    .split(',')
    .map((part) => part.split(';').map((word) => word.trim().toLowerCase()))
    .some(([name, weight]) => name === coding && !/^q=0(\.0*)?$/.test(weight ?? ''))
}

function typeOf(file: string): string {
  const type = send.mime.getType(file) ?? 'application/octet-stream'
  return send.isUtf8MimeType(type) || type === 'image/svg+xml' ? `${type}; charset=utf-8` : type
}
