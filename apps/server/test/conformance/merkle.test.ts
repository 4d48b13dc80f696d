import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { verifyConsistency, verifyInclusion } from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'
import { jsonFiles, missing } from './shared-data.ts'

const { sha256 } = nodeCrypto
const absent = missing('merkle')
const bytes = (base64: string) => Buffer.from(base64, 'base64')

interface Inclusion {
  leafIdx: bigint
  treeSize: bigint
  root: string
  leafHash: string
  proof: string[] | null
  desc: string
  wantErr: boolean
}

interface Consistency {
  size1: bigint
  size2: bigint
  root1: string
  root2: string
  proof: string[] | null
  desc: string
  wantErr: boolean
}

// Some indexes exceed 2^53: numbers are read as bigint.
function read<T>(path: string): T {
  const text = readFileSync(path, 'utf8').replaceAll(/": (\d+)/g, '": "$1n"')
  return JSON.parse(text, (_, value) =>
    typeof value === 'string' && /^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
  )
}

function holds(verify: () => void): boolean {
  try {
    verify()
    return true
  } catch (error) {
    assert.equal((error as Error).name, 'VerificationError')
    return false
  }
}

test('inclusion: every vector is accepted or refused as it should be', { skip: absent }, () => {
  const paths = jsonFiles('merkle/inclusion')
  assert.ok(paths.length > 50)
  for (const path of paths) {
    const { leafIdx, treeSize, root, leafHash, proof, desc, wantErr } = read<Inclusion>(path)
    const hashes = (proof ?? []).map(bytes)
    const accepted = holds(() => verifyInclusion(sha256, bytes(leafHash), leafIdx, treeSize, hashes, bytes(root)))
    assert.equal(accepted, !wantErr, `${path}: ${desc}`)
  }
})

test('consistency: every vector is accepted or refused as it should be', { skip: absent }, () => {
  const paths = jsonFiles('merkle/consistency')
  assert.ok(paths.length > 50)
  for (const path of paths) {
    const { size1, size2, root1, root2, proof, desc, wantErr } = read<Consistency>(path)
    const hashes = (proof ?? []).map(bytes)
    const accepted = holds(() => verifyConsistency(sha256, size1, bytes(root1), size2, bytes(root2), hashes))
    assert.equal(accepted, !wantErr, `${path}: ${desc}`)
  }
})
