import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'ldapts'
import { generate } from 'selfsigned'
import { until } from './server.ts'

const SLAPD = '/usr/sbin/slapd'
export const hasSlapd = existsSync(SLAPD)
export const BASE = 'dc=acme,dc=example'
export const SEARCHER = { dn: `cn=searcher,${BASE}`, password: 'the searcher’s own' }

export interface LdapServer {
  /** By STARTTLS, and over TLS from the start. */
  url: string
  secureUrl: string
  certificate: string
  /** Adds or changes entries, as the directory's administrator. */
  administer(work: (client: Client) => Promise<void>): Promise<void>
  stop(): Promise<void>
}

/** An OpenLDAP of its own, with one account that searches. */
export async function ldapServer(): Promise<LdapServer> {
  const folder = await mkdtemp(join(tmpdir(), 'probity-ldap-'))
  await mkdir(join(folder, 'data'))
  const { private: key, cert } = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
    ...{ keySize: 2048, algorithm: 'sha256' },
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  })
  await writeFile(join(folder, 'key.pem'), key)
  await writeFile(join(folder, 'cert.pem'), cert)
  await writeFile(join(folder, 'slapd.conf'), configuration(folder))
  const [port, securePort] = [await freePort(), await freePort()]
  const [url, secureUrl] = [`ldap://127.0.0.1:${port}`, `ldaps://127.0.0.1:${securePort}`]
  const slapd = spawn(SLAPD, ['-f', join(folder, 'slapd.conf'), '-h', `${url} ${secureUrl}`, '-d', '0'], {
    stdio: 'ignore',
  })
  const administer = async (work: (client: Client) => Promise<void>) => {
    const client = new Client({ url })
    try {
      await client.bind(`cn=root,${BASE}`, 'root')
      await work(client)
    } finally {
      await client.unbind()
    }
  }
  const stop = async () => {
    await ended(slapd)
    await rm(folder, { recursive: true, force: true })
  }
  await until('slapd answers', () =>
    administer(async () => {}).then(
      () => true,
      () => false,
    ),
  )
  await administer(async (client) => {
    await client.add(BASE, { objectClass: ['dcObject', 'organization'], dc: 'acme', o: 'Acme' })
    await client.add(SEARCHER.dn, {
      objectClass: ['simpleSecurityObject', 'organizationalRole'],
      cn: 'searcher',
      userPassword: SEARCHER.password,
    })
    for (const ou of ['people', 'groups'])
      await client.add(`ou=${ou},${BASE}`, { objectClass: 'organizationalUnit', ou })
  })
  return { url, secureUrl, certificate: cert, administer, stop }
}

// Anonymous binds with a name succeed here, as they do in many a directory: whoever takes that for a log-in is fooled.
function configuration(folder: string): string {
  return `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile ${folder}/pid
allow bind_anon_cred bind_anon_dn
TLSCertificateFile ${folder}/cert.pem
TLSCertificateKeyFile ${folder}/key.pem
database mdb
maxsize 67108864
suffix "${BASE}"
rootdn "cn=root,${BASE}"
rootpw root
directory ${folder}/data
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="${SEARCHER.dn}" read by * none
`
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const closed = new Promise((resolve) => child.once('close', resolve))
  child.kill('SIGTERM')
  await closed
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
