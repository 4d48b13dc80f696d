import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isoCBOR } from '@simplewebauthn/server/helpers'
import { byName } from '../../src/platform/by-name.ts'
import type { Model } from './maker.ts'

type CBORValue = Parameters<typeof isoCBOR.encode>[0]

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
const NO_MODEL = Buffer.alloc(16)

/** An authenticator in software with one discoverable ES256 credential, and the browser before it (WebAuthn Level 3). */
export class SoftAuthenticator {
  readonly #privateKey: KeyObject
  readonly #publicKey: Buffer
  readonly id = randomBytes(32)
  readonly #origin: string
  #userHandle = ''
  #count = 0

  constructor(origin: string) {
    this.#origin = byName(origin).origin // a browser would be there
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

  /** Answers `navigator.credentials.create`, and vouches for nothing. */
  register(options: Options, differing: Differing = {}) {
    const authData = this.#made(options, differing, NO_MODEL)
    return this.#registered(options, differing, { fmt: 'none', statement: new Map(), authData })
  }

  /** The same with an attestation of its maker in the packed format (§8.2); `signs`: by which model it is signed. */
  async attest(options: Options, model: Model, signs = model) {
    const authData = this.#made(options, {}, Buffer.from(model.aaguid.replaceAll('-', ''), 'hex'))
    const client = createHash('sha256')
      .update(this.#client('webauthn.create', options, {}))
      .digest()
    const statement = new Map<string, CBORValue>([
      ['alg', -7],
      ['sig', Uint8Array.from(await signs.sign(Buffer.concat([authData, client])))],
      ['x5c', model.chain.map((one) => Uint8Array.from(one))],
    ])
    return this.#registered(options, {}, { fmt: 'packed', statement, authData })
  }

  #made(options: Options, differing: Differing, aaguid: Buffer): Buffer {
    this.#userHandle = options.user?.id ?? ''
    const length = Buffer.alloc(2)
    length.writeUInt16BE(this.id.length)
    const attested = Buffer.concat([aaguid, length, this.id, this.#publicKey])
    return this.#data(options.rp?.id ?? '', ATTESTED, differing, attested)
  }

  #registered(
    options: Options,
    differing: Differing,
    { fmt, statement, authData }: { fmt: string; statement: Map<string, CBORValue>; authData: Buffer },
  ) {
    const object = new Map<string, CBORValue>([
      ['fmt', fmt],
      ['attStmt', statement],
      ['authData', Uint8Array.from(authData)],
    ])
    return this.#credential({
      clientDataJSON: this.#client('webauthn.create', options, differing).toString('base64url'),
      attestationObject: Buffer.from(isoCBOR.encode(object)).toString('base64url'),
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
    return { id, rawId: id, type: 'public-key' as const, clientExtensionResults: {}, response }
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
