import { defineConfig } from 'vitepress'
import { areas } from './pages/areas.ts'
import { codes, fillIn } from './pages/generated.ts'
import { stayInside } from './pages/links.ts'
import { sectionsOf } from './pages/search.ts'
import { pagesIn } from './pages/titles.ts'

export default defineConfig({
  title: 'Probity',
  description: 'System of record for security and compliance',
  lang: 'en',
  // Fixed when it is built: below a path of a proxy's it does not work (docs/operations/ says what to do there).
  base: '/docs/',
  cleanUrls: true,
  outDir: '../.probity/docs',
  cacheDir: '../.probity/docs-cache',
  // A policy of content allows no data: scripts or fonts.
  vite: { build: { assetsInlineLimit: 0 } },
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark' },
    config(markdown) {
      fillIn(markdown)
      stayInside(markdown)
    },
  },
  themeConfig: {
    search: {
      provider: 'local',
      // Where it is answered nothing, VitePress splits the page by its headings: its type does not say so.
      options: {
        miniSearch: { _splitIntoSections: (file) => sectionsOf(file) as NonNullable<ReturnType<typeof sectionsOf>> },
      },
    },
    outline: { level: [2, 3] },
    nav: [
      { text: 'Start', link: '/' },
      { text: 'Recipes', link: '/recipes/' },
      { text: 'API', link: '/api/' },
      { text: 'Errors', link: '/errors/' },
    ],
    // By the folder of the page; groups that fold would be buttons within buttons, which no screen reader can tell.
    sidebar: {
      '/api/': [{ text: 'API', link: '/api/', items: areas().map(({ title, link }) => ({ text: title, link })) }],
      '/errors/': [
        { text: 'Errors', link: '/errors/', items: codes().map((code) => ({ text: code, link: `/errors/${code}` })) },
      ],
      '/adr/': [{ text: 'Decisions', link: '/adr/', items: pagesIn('adr') }],
      '/': [
        { text: 'Start', link: '/' },
        { text: 'SDK', link: '/sdk' },
        { text: 'Concepts', items: pagesIn('concepts') },
        { text: 'Recipes', link: '/recipes/', items: pagesIn('recipes') },
        { text: 'Operations', items: [{ text: 'Running a server', link: '/operations/' }, ...pagesIn('operations')] },
        {
          text: 'Security',
          items: [
            { text: 'What is promised', link: '/security' },
            { text: 'Threat model', link: '/threat-model' },
            { text: 'OWASP ASVS', link: '/asvs' },
          ],
        },
        {
          text: 'Reference',
          items: [
            { text: 'API', link: '/api/' },
            { text: 'Errors', link: '/errors/' },
            { text: 'Formats', link: '/formats' },
            { text: 'Data model', link: '/data-model' },
            { text: 'Performance', link: '/performance' },
            { text: 'Divergences', link: '/divergences' },
            { text: 'Decisions', link: '/adr/' },
          ],
        },
      ],
    },
  },
})
