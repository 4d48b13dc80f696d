import { useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { sectionsFor } from './navigation.ts'

/** How long `g` waits for the key of a place. */
const WITHIN_MILLISECONDS = 1_200

/** `?` shows the list, `g` and a letter go to a place; not while somebody types. */
export function useShortcuts(permits: readonly string[], showList: () => void): void {
  const navigate = useNavigate()
  useEffect(() => {
    let wasGo = 0
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      const place = sectionsFor(permits)
        .flatMap(({ places }) => places)
        .find(({ key }) => key === event.key)
      if (event.key === '?') showList()
      else if (event.key === 'g') wasGo = event.timeStamp
      else if (place !== undefined && event.timeStamp - wasGo < WITHIN_MILLISECONDS) {
        event.preventDefault()
        wasGo = 0
        void navigate({ to: place.to })
      }
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [permits, navigate, showList])
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}
