import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isoCBOR } from '@simplewebauthn/server/helpers'

/** How an authenticator or its browser differs from an honest one. */
export interface Differing {
  origin?: string
  relyingParty?: string
  challenge?: string
  type?: string
  /** Whether it says that it verified its user. */
  verified?: boolean
  userHandle?: string
  /** What it counted; by default one more each time. */
  count?: number
}

interface Options {
  challenge: string
  rp?: { id?: string }
  rpId?: string
  user?: { id: string }
}

const USER_PRESENT = 0x01
const USER_VERIFIED = 0x04
const ATTESTED = 0x40

/** An authenticator in software with one discoverable ES256 credential, and the browser before it (WebAuthn Level 3). */
export class SoftAuthenticator {
  readonly #privateKey: KeyObject
  readonly #publicKey: Buffer
  readonly id = randomBytes(32)
  readonly #origin: string
  #userHandle = ''
  #count = 0

  constructor(origin: string) {
    this.#origin = origin
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.#privateKey = privateKey
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
    const cose = new Map<number, number | Uint8Array<ArrayBuffer>>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, Uint8Array.from(Buffer.from(x, 'base64url'))],
      [-3, Uint8Array.from(Buffer.from(y, 'base64url'))],
    ])
    this.#publicKey = Buffer.from(isoCBOR.encode(cose))
  }

  /** Answers `navigator.credentials.create`. */
  register(options: Options, differing: Differing = {}) {
    this.#userHandle = options.user?.id ?? ''
    const length = Buffer.alloc(2)
    length.writeUInt16BE(this.id.length)
    const attested = Buffer.concat([Buffer.alloc(16), length, this.id, this.#publicKey])
    const authData = this.#data(options.rp?.id ?? '', ATTESTED, differing, attested)
    const statement = new Map<string, string | Uint8Array<ArrayBuffer> | Map<string, string>>([
      ['fmt', 'none'],
      ['attStmt', new Map<string, string>()],
      ['authData', Uint8Array.from(authData)],
    ])
    return this.#credential({
      clientDataJSON: this.#client('webauthn.create', options, differing).toString('base64url'),
      attestationObject: Buffer.from(isoCBOR.encode(statement)).toString('base64url'),
      transports: ['internal'],
    })
  }

  /** Answers `navigator.credentials.get`. */
  assert(options: Options, differing: Differing = {}) {
    this.#count = differing.count ?? this.#count + 1
    const data = this.#data(options.rpId ?? '', 0, differing, Buffer.alloc(0))
    const client = this.#client('webauthn.get', options, differing)
    const signed = Buffer.concat([data, createHash('sha256').update(client).digest()])
    return this.#credential({
      clientDataJSON: client.toString('base64url'),
      authenticatorData: data.toString('base64url'),
      signature: sign('sha256', signed, this.#privateKey).toString('base64url'),
      userHandle: differing.userHandle ?? this.#userHandle,
    })
  }

  #credential<T>(response: T) {
    const id = this.id.toString('base64url')
    return { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response }
  }

  #client(type: string, { challenge }: Options, differing: Differing): Buffer {
    const { origin = this.#origin } = differing
    return Buffer.from(
      JSON.stringify({
        type: differing.type ?? type,
        challenge: differing.challenge ?? challenge,
        origin,
        crossOrigin: false,
      }),
    )
  }

  #data(rpId: string, flags: number, { relyingParty = rpId, verified = true }: Differing, rest: Buffer): Buffer {
    const count = Buffer.alloc(4)
    count.writeUInt32BE(this.#count)
    const flag = Buffer.from([USER_PRESENT | (verified ? USER_VERIFIED : 0) | flags])
    return Buffer.concat([createHash('sha256').update(relyingParty).digest(), flag, count, rest])
  }
}
