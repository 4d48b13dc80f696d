import '@xyflow/react/dist/style.css'
import { useComputedColorScheme } from '@mantine/core'
import type { ShownReceipt } from '@probity/sdk/verify'
import { type Edge, type Node, ReactFlow } from '@xyflow/react'
import { useMemo } from 'react'
import { useText } from '../platform/text.tsx'
import type AuditTexts from './messages.en.json'

/** Three beside each other fit a telephone without being drawn smaller. */
const WIDTH = 104
const GAP = 10
const STEP = 76
const SHOWN_DIGITS = 8

/** The path from an entry up to the root: at each step the hash beside it, which the receipt brings, and what both make. */
export function ProofTree({ receipt }: { receipt: ShownReceipt }) {
  const text = useText<typeof AuditTexts>('audit')
  const scheme = useComputedColorScheme('light')
  const { nodes, edges } = useMemo(() => drawn(receipt, text('proof.entry'), text('proof.root')), [receipt, text])
  return (
    <>
      <div style={{ height: (receipt.path.length + 1) * STEP + 20 }} aria-hidden>
        <ReactFlow
          nodes={nodes}
          edges={edges}
          colorMode={scheme}
          fitView
          fitViewOptions={{ padding: 0.02, minZoom: 0.93, maxZoom: 1 }}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          zoomOnScroll={false}
          preventScrolling={false}
          proOptions={{ hideAttribution: true }}
        />
      </div>
      {/* The same in words, for who does not see the drawing, and to be copied. */}
      <ol className="mono" style={{ margin: 0, paddingInlineStart: 24 }}>
        <li>{text('proof.step_leaf', { hash: receipt.leaf_hash })}</li>
        {receipt.path.map(({ sibling, side, parent }) => (
          <li key={parent}>{text(`proof.step_${side}`, { sibling, parent })}</li>
        ))}
      </ol>
    </>
  )
}

function drawn({ leaf_hash, path }: ShownReceipt, entry: string, root: string): { nodes: Node[]; edges: Edge[] } {
  const height = path.length * STEP
  const box = (id: string, label: string, x: number, y: number, isOurs: boolean): Node => ({
    id,
    position: { x, y },
    data: { label },
    style: {
      width: WIDTH,
      fontSize: 13,
      padding: 4,
      fontFamily: 'var(--mantine-font-family-monospace)',
      borderColor: isOurs ? 'var(--mantine-primary-color-filled)' : 'var(--mantine-color-dimmed)',
      borderStyle: isOurs ? 'solid' : 'dashed',
    },
  })
  const nodes: Node[] = [box('0', `${entry}\n${leaf_hash.slice(0, SHOWN_DIGITS)}…`, 0, height, true)]
  const edges: Edge[] = []
  path.forEach(({ sibling, side, parent }, i) => {
    const below = height - i * STEP
    const isRoot = i === path.length - 1
    const offset = side === 'left' ? -WIDTH - GAP : WIDTH + GAP
    nodes.push(box(`s${i}`, `${sibling.slice(0, SHOWN_DIGITS)}…`, offset, below, false))
    nodes.push(box(`${i + 1}`, `${isRoot ? `${root}\n` : ''}${parent.slice(0, SHOWN_DIGITS)}…`, 0, below - STEP, true))
    edges.push({
      id: `e${i}`,
      source: `${i + 1}`,
      target: `${i}`,
      style: { stroke: 'var(--mantine-primary-color-filled)' },
    })
    edges.push({ id: `f${i}`, source: `${i + 1}`, target: `s${i}`, style: { strokeDasharray: '4 4' } })
  })
  return { nodes, edges }
}
