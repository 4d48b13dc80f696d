import '@mantine/core/styles.css'
import './app/app.css'
import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { lazy, StrictMode, Suspense } from 'react'
import { createRoot } from 'react-dom/client'
import { router } from './app/router.ts'
import { colours, theme } from './app/theme.ts'
import { loggedOut } from './identity/me.ts'
import { queries } from './platform/client.ts'
import { printInLight } from './platform/printing.ts'
import { onSessionEnd } from './platform/session.ts'
import { preloadTexts, TextProvider } from './platform/text.tsx'
import { wayInHash } from './platform/way-in.ts'

const Notices = lazy(() => import('./app/notices.tsx').then(({ Notices }) => ({ default: Notices })))

void preloadTexts('app')
printInLight()

// Ended here, in another tab or at the server: what was read goes with it.
onSessionEnd(() => {
  loggedOut()
  const isInside = router.state.matches.some(({ routeId }) => routeId.startsWith('/inside'))
  const { href } = router.state.location
  if (isInside) void router.navigate({ to: '/login', hash: wayInHash({ to: href, wasEnded: true }) })
})

const root = document.getElementById('root')
if (root === null) throw new Error('the page has no place for the console')
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={colours} defaultColorScheme="auto">
      <TextProvider>
        <QueryClientProvider client={queries}>
          <Suspense>
            <Notices />
          </Suspense>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </TextProvider>
    </MantineProvider>
  </StrictMode>,
)
