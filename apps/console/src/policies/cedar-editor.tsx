import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { bracketMatching, HighlightStyle, StreamLanguage, syntaxHighlighting } from '@codemirror/language'
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint'
import { Compartment, EditorState } from '@codemirror/state'
import { EditorView, keymap, lineNumbers } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { Text } from '@mantine/core'
import { useEffect, useId, useRef } from 'react'
import { cedar } from './cedar-language.ts'

/** Where a text is wrong, counted from 1. */
export interface Fault {
  line: number
  column: number
  message: string
}

interface CedarEditorProps {
  label: string
  value: string
  onChange(value: string): void
  isReadOnly: boolean
  faults: readonly Fault[]
}

const COLOURS = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--mantine-color-pine-text)', fontWeight: '600' },
  { tag: tags.string, color: 'var(--mantine-color-orange-text)' },
  { tag: tags.comment, color: 'var(--mantine-color-dimmed)', fontStyle: 'italic' },
  { tag: [tags.number, tags.bool], color: 'var(--mantine-color-violet-text)' },
  { tag: tags.typeName, color: 'var(--mantine-color-blue-text)' },
])
const LOOK = EditorView.theme({
  '&': {
    border: '1px solid var(--probity-line)',
    borderRadius: '8px',
    fontSize: '13px',
    backgroundColor: 'var(--mantine-color-body)',
  },
  '.cm-content': {
    fontFamily: 'var(--mantine-font-family-monospace)',
    minHeight: '160px',
    caretColor: 'var(--mantine-color-text)',
  },
  '.cm-gutters': { backgroundColor: 'transparent', border: 'none', color: 'var(--mantine-color-dimmed)' },
  '&.cm-focused': { outline: '2px solid var(--mantine-primary-color-filled)' },
})

/** Policies of Cedar as text; what is wrong is marked where it is. Tab leaves it, as in any other field (WCAG 2.2, 2.1.2). */
export function CedarEditor({ label, value, onChange, isReadOnly, faults }: CedarEditorProps) {
  const place = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(null)
  const readOnly = useRef(new Compartment())
  const change = useRef(onChange)
  change.current = onChange
  const id = useId()
  // biome-ignore lint/correctness/useExhaustiveDependencies: made once; what changes is told to it below.
  useEffect(() => {
    if (place.current === null) return
    const made = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: value,
        extensions: [
          lineNumbers(),
          history(),
          bracketMatching(),
          lintGutter(),
          StreamLanguage.define(cedar),
          syntaxHighlighting(COLOURS),
          keymap.of([...defaultKeymap, ...historyKeymap]),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-labelledby': id }),
          LOOK,
          readOnly.current.of([EditorState.readOnly.of(isReadOnly), EditorView.editable.of(!isReadOnly)]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) change.current(update.state.doc.toString())
          }),
        ],
      }),
    })
    view.current = made
    return () => made.destroy()
  }, [])
  useEffect(() => {
    view.current?.dispatch({
      effects: readOnly.current.reconfigure([EditorState.readOnly.of(isReadOnly), EditorView.editable.of(!isReadOnly)]),
    })
  }, [isReadOnly])
  useEffect(() => {
    const editor = view.current
    if (editor !== null && editor.state.doc.toString() !== value)
      editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } })
  }, [value])
  useEffect(() => {
    const editor = view.current
    if (editor !== null)
      editor.dispatch(
        setDiagnostics(
          editor.state,
          faults.map((fault) => diagnosticOf(editor.state, fault)),
        ),
      )
  }, [faults])
  return (
    <div>
      <Text size="sm" fw={500} mb={4} id={id}>
        {label}
      </Text>
      <div ref={place} />
    </div>
  )
}

function diagnosticOf({ doc }: EditorState, { line, column, message }: Fault): Diagnostic {
  const at = doc.line(Math.min(Math.max(1, line), doc.lines))
  const from = Math.min(at.to, at.from + Math.max(0, column - 1))
  return { from, to: Math.max(from, at.to), severity: 'error', message }
}
