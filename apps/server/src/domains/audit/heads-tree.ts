import { EMPTY_HEADS, headKey, headLeaf, nodeHash, turnsRight } from '@probity/core'
import { nodeCrypto } from '@probity/verifier/node'

const { sha256 } = nodeCrypto

interface Head {
  key: Uint8Array
  hash: Uint8Array
}
interface Fork {
  left: Node
  right: Node
  /** Null: something below changed. */
  hash: Uint8Array | null
}
type Node = Head | Fork | null

/**
 * The heads of all logs, each at the place that its origin gives it, so that no log has two (formats §11). A head
 * that is alone below a node stands there itself: the tree is as deep as it must be, and says no more of how many
 * there are. Owned by the anchoring of the process that sequences; a crash leaves nothing, it is read again.
 */
export class HeadsTree {
  #root: Node = null

  /** Puts the newest checkpoint of a log into its place. */
  set(origin: string, checkpointText: string): void {
    const key = headKey(sha256, origin)
    this.#root = put(this.#root, { key, hash: headLeaf(sha256, key, checkpointText) }, 0)
  }

  root(): Uint8Array {
    return hashOf(this.#root)
  }

  /** Hashes beside the way from a log's head up to the root. Throws where the log has no head. */
  path(origin: string): Uint8Array[] {
    const key = headKey(sha256, origin)
    const path: Uint8Array[] = []
    let node = this.#root
    for (let depth = 0; node !== null && 'left' in node; depth++) {
      const right = turnsRight(key, depth)
      path.push(hashOf(right ? node.left : node.right))
      node = right ? node.right : node.left
    }
    if (node === null || !sameKey(node.key, key)) throw new Error('the log has no head in the tree')
    return path.reverse()
  }
}

function put(node: Node, head: Head, depth: number): Node {
  if (node === null) return head
  if ('left' in node) {
    node.hash = null
    if (turnsRight(head.key, depth)) node.right = put(node.right, head, depth + 1)
    else node.left = put(node.left, head, depth + 1)
    return node
  }
  if (sameKey(node.key, head.key)) return head
  const fork: Fork = turnsRight(node.key, depth)
    ? { left: null, right: node, hash: null }
    : { left: node, right: null, hash: null }
  return put(fork, head, depth)
}

function hashOf(node: Node): Uint8Array {
  if (node === null) return EMPTY_HEADS
  if ('left' in node) node.hash ??= nodeHash(sha256, hashOf(node.left), hashOf(node.right))
  return node.hash as Uint8Array
}

function sameKey(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
