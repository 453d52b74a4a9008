// The Vue component that NiceGUI makes; everything else is in the modules beside it.

import { Sheet } from "zongfen/sheet.js";

export default {
  template: "<div></div>",
  props: { table: String, account: String, words: Object, block: Number, arranged: Object },
  mounted() {
    this.sheet = new Sheet(this.$el, this.$props, (name, value) => this.$emit(name, value));
    this.sheet.start();
  },
  unmounted() {
    this.sheet.destroy();
  },
  methods: {
    changed(news) {
      this.sheet.pushed(news);
    },
    clear_filter(field) {
      this.sheet.filters.set(field, []);
    },
    add_row() {
      this.sheet?.addRow(); // nothing yet while its first rows are on their way
    },
    show(index) {
      this.sheet.show(index);
    },
    others(people) {
      this.sheet.others.set(people);
    },
  },
};
