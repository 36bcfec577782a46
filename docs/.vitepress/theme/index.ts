import type { Theme } from 'vitepress';
// The reader's own fonts: those of the theme are 140 kB, which a phone waits for.
import DefaultTheme from 'vitepress/theme-without-fonts';
import RunnableExample from '../../components/RunnableExample.vue';
import SharedPlayground from '../../components/SharedPlayground.vue';
import './style.css';

export default {
  extends: DefaultTheme,
  // What the Markdown of the guide brings in for its examples.
  enhanceApp({ app }) {
    app.component('RunnableExample', RunnableExample);
    app.component('SharedPlayground', SharedPlayground);
  },
} satisfies Theme;
