import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
/** Extension that names the model in an attestation certificate (WebAuthn §8.2.1). */
const AAGUID_EXTENSION = '1.3.6.1.4.1.45724.1.1.4'

/** What a model of authenticator vouches by. */
export interface Model {
  aaguid: string
  /** In DER, its own first. */
  chain: Uint8Array[]
  sign(bytes: Uint8Array): Promise<Uint8Array>
}

/** A maker of authenticators with a root certificate, and an intermediate below it. */
export async function maker() {
  const root = await authority('Maker Root', null)
  const middle = await authority('Maker Intermediate', root)
  return {
    root: root.certificate.toString('pem'),
    async model(aaguid: string, { ended = false, skipsIntermediate = false } = {}): Promise<Model> {
      const keys = await webcrypto.subtle.generateKey(ECDSA, false, ['sign', 'verify'])
      const certificate = await x509.X509CertificateGenerator.create({
        ...{ serialNumber: '0a', subject: 'C=SE, O=Maker, OU=Authenticator Attestation, CN=Model' },
        ...{ issuer: middle.certificate.subject, signingKey: middle.keys.privateKey, publicKey: keys.publicKey },
        ...{ notBefore: daysFromNow(-100), notAfter: daysFromNow(ended ? -1 : 100), signingAlgorithm: ECDSA },
        extensions: [
          new x509.BasicConstraintsExtension(false),
          new x509.Extension(AAGUID_EXTENSION, false, Buffer.from(`0410${aaguid.replaceAll('-', '')}`, 'hex')),
        ],
      })
      const certificates = skipsIntermediate ? [certificate] : [certificate, middle.certificate]
      return {
        aaguid,
        chain: certificates.map(({ rawData }) => new Uint8Array(rawData)),
        sign: async (bytes) => derSignature(await webcrypto.subtle.sign(ECDSA, keys.privateKey, bytes)),
      }
    },
  }
}

async function authority(
  name: string,
  by: { keys: webcrypto.CryptoKeyPair; certificate: x509.X509Certificate } | null,
): Promise<{ keys: webcrypto.CryptoKeyPair; certificate: x509.X509Certificate }> {
  const keys = await webcrypto.subtle.generateKey(ECDSA, false, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.create({
    ...{ serialNumber: '0b', subject: `CN=${name}`, issuer: by?.certificate.subject ?? `CN=${name}` },
    ...{ signingKey: (by?.keys ?? keys).privateKey, publicKey: keys.publicKey, signingAlgorithm: ECDSA },
    ...{ notBefore: daysFromNow(-1000), notAfter: daysFromNow(1000) },
    extensions: [new x509.BasicConstraintsExtension(true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign)],
  })
  return { keys, certificate }
}

function daysFromNow(days: number): Date {
  return new Date(Date.now() + days * 86_400_000)
}

/** ECDSA-Sig-Value of r and s (RFC 3279 §2.2.3). */
function derSignature(raw: ArrayBuffer): Uint8Array {
  const integer = (bytes: Buffer) => {
    const [first = 0] = bytes.subarray(bytes.findIndex((byte) => byte !== 0))
    const least = bytes.subarray(bytes.findIndex((byte) => byte !== 0))
    const value = first >= 0x80 ? Buffer.concat([Buffer.of(0), least]) : least
    return Buffer.concat([Buffer.of(2, value.length), value])
  }
  const both = Buffer.concat([integer(Buffer.from(raw).subarray(0, 32)), integer(Buffer.from(raw).subarray(32))])
  return Buffer.concat([Buffer.of(0x30, both.length), both])
}
