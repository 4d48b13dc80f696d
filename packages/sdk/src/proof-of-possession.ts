type CryptoKey = Parameters<typeof crypto.subtle.exportKey>[1]

/** A key that each call proves (DPoP, RFC 9449): tokens of a session that was opened with it are good for nobody else. */
export interface ProofKey {
  privateKey: CryptoKey
  publicKey: CryptoKey
}

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** A new one, whose private half no script can read; a browser keeps it in IndexedDB. */
export async function newProofKey(): Promise<ProofKey> {
  return (await crypto.subtle.generateKey(ECDSA, false, ['sign', 'verify'])) as ProofKey // of a pair, by its algorithm
}

/** The DPoP header of a request; `token`: the access token that goes with it. */
export async function proofOf(
  { privateKey, publicKey }: ProofKey,
  method: string,
  url: string,
  token: string | undefined,
): Promise<string> {
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey)
  const head = { typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } }
  const [address = url] = url.split(/[?#]/)
  const claims = { jti: crypto.randomUUID(), htm: method, htu: address, iat: Math.floor(Date.now() / 1000) }
  const bound = token === undefined ? claims : { ...claims, ath: base64Url(await sha256(token)) }
  const signed = `${base64Url(utf8(JSON.stringify(head)))}.${base64Url(utf8(JSON.stringify(bound)))}`
  const signature = await crypto.subtle.sign(ECDSA, privateKey, utf8(signed))
  return `${signed}.${base64Url(new Uint8Array(signature))}`
}

async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(text)))
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
