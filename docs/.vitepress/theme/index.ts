import theme from 'vitepress/theme'
import './drawings.css'

export default theme
