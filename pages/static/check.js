// The Vue component that NiceGUI makes; everything else is in checkform.js.

import { CheckForm } from "zongfen/checkform.js";

export default {
  template: '<div class="check"></div>',
  props: { told: Object, account: String, table: String, mended: String, words: Object },
  mounted() {
    this.form = new CheckForm(this.$el, this.$props);
  },
  unmounted() {
    this.form.destroy();
  },
  watch: {
    told(now) {
      this.form.news(now);
    },
  },
};
