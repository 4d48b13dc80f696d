import { createRequire } from 'node:module'

export interface XmlElement {
  localName: string
  namespaceURI: string | null
  textContent: string | null
  parentNode: unknown
  getAttribute(name: string): string | null
}
type Note = (message: string) => void
/** The parser by which the library verifies, so that both see the same document. Its own types bring a browser's globals. */
const { DOMParser } = createRequire(import.meta.url)('@xmldom/xmldom') as {
  DOMParser: new (options: {
    errorHandler: Record<'warning' | 'error' | 'fatalError', Note>
  }) => {
    parseFromString(
      xml: string,
      type: string,
    ): { documentElement: unknown; getElementsByTagName(name: string): ArrayLike<XmlElement> } | undefined
  }
}

/** Elements of a document, and how deep they lie: parsing takes longer than in proportion to these. */
const MOST_ELEMENTS = 2_000
const DEEPEST = 40
const MOST_NAMESPACES = 200
/** Comments, instructions and CDATA sections: what is signed is made canonical in a time that grows with their square. */
const MOST_ASIDES = 200

/** All elements of a document that has no DTD and no fault. Throws for any other. */
export function elementsOf(xml: string): XmlElement[] {
  if (/<!(?:DOCTYPE|ENTITY)/i.test(xml)) throw new Error('a DTD')
  requireSmall(xml)
  const note = (message: string) => {
    throw new Error(message) // at the first fault, since what comes after it costs without end
  }
  const parser = new DOMParser({ errorHandler: { warning: note, error: note, fatalError: note } })
  const document = parser.parseFromString(xml, 'text/xml')
  if (!document?.documentElement) throw new Error('no XML')
  return Array.from(document.getElementsByTagName('*'))
}

// Whole comments and CDATA sections, so that what only looks like a tag within one is none; else what begins like a tag.
const MARKUP = /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<(\/?)[^<>]*>?/g

/** By one look at the text, before a parser has it. */
function requireSmall(xml: string): void {
  // What has no end would be looked for anew from each of its beginnings.
  for (const [begin, end] of [
    ['<!--', '-->'],
    ['<![CDATA[', ']]>'],
  ] as const)
    if (xml.lastIndexOf(begin) > xml.lastIndexOf(end)) throw new Error('a comment without an end')
  const namespaces = xml.split('xmlns').length - 1
  let [elements, asides, depth] = [0, 0, 0]
  for (const [tag, isEnd] of xml.matchAll(MARKUP)) {
    if (isEnd) depth--
    else if (/^<[?!]/.test(tag)) asides++
    else {
      elements++
      if (!tag.endsWith('/>')) depth++
    }
    if (elements > MOST_ELEMENTS || depth > DEEPEST) throw new Error('too many elements')
    if (asides > MOST_ASIDES) throw new Error('too many comments')
  }
  if (namespaces > MOST_NAMESPACES) throw new Error('too many namespaces')
}
