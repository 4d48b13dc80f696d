import { join } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { messages } from './build/messages.ts'

const ROOT = join(import.meta.dirname, '..', '..')

export default defineConfig({
  root: import.meta.dirname,
  // The server says where the console is, by <base>: it works below any path.
  base: './',
  plugins: [messages(), react()],
  resolve: {
    alias: [
      { find: /^@formatjs\/icu-messageformat-parser$/, replacement: '@formatjs/icu-messageformat-parser/no-parser.js' },
    ],
  },
  build: {
    outDir: join(ROOT, '.probity', 'console'),
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // a policy of content allows no data: scripts or fonts
    chunkSizeWarningLimit: 1_500,
    reportCompressedSize: false,
    manifest: true,
  },
})
