import { areas } from '../.vitepress/pages/areas.ts'
import { areaPage } from '../.vitepress/pages/operations.ts'

/** A page for each area of the API. */
export default {
  paths: () => areas().map((area) => ({ params: { area: area.area }, content: areaPage(area) })),
}
