/* The search box of the top bar: suggestions while one types, the arrows choose, Enter opens the record's page. */
export default {
  template: `
    <search class="find" @focusout="left">
      <input ref="input" type="search" role="combobox" aria-autocomplete="list" aria-controls="found"
        :aria-expanded="open" :aria-activedescendant="open && found.length ? 'found-' + at : null"
        :aria-label="words.hint" :placeholder="words.hint" autocomplete="off" spellcheck="false" maxlength="100"
        @input="typed" @keydown="pressed" @focus="open = !!asked">
      <kbd>Ctrl K</kbd>
      <div v-if="open" id="found" class="found" role="listbox">
        <a v-for="(one, place) in found" :key="one.table + one.id" :id="'found-' + place" :href="path(one)"
          role="option" tabindex="-1" :aria-selected="place === at" @mousemove="at = place">
          <span class="ell">{{ one.name || one.key }}</span><span v-if="one.name" class="mut s12">{{ one.key }}</span>
          <span class="chip">{{ one.label }}</span>
        </a>
        <p v-if="message" role="status">{{ message }}</p>
      </div>
    </search>`,
  props: { words: Object },
  data() {
    return { open: false, asked: "", found: [], at: 0, message: "" };
  },
  methods: {
    path(one) {
      return `/tables/${encodeURIComponent(one.table)}?row=${encodeURIComponent(one.id)}`;
    },
    typed(event) {
      if (event.isComposing) return; // the letters of an input method are no question yet; its end is an input too
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(this.$refs.input.value.trim()), 150);
    },
    async ask(text) {
      if (text === this.asked) return;
      this.asked = text;
      if (!text) return this.show([], "");
      let answer;
      try {
        const response = await fetch(`/api/v1/search?q=${encodeURIComponent(text)}`);
        answer = response.ok ? (await response.json()).found : null;
      } catch {
        answer = null;
      }
      if (text !== this.asked) return; // an answer to what is asked no more
      this.show(answer ?? [], answer === null ? this.words.failed : answer.length ? "" : this.words.nothing);
    },
    show(found, message) {
      Object.assign(this, { found, message, at: 0, open: !!this.asked });
    },
    pressed(event) {
      if (event.isComposing) return;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") {
        if (this.open) this.open = false;
        else this.$refs.input.blur();
      } else if (event.key === "Enter" && this.open && this.found[this.at]) {
        location.assign(this.path(this.found[this.at]));
      } else if (step && this.found.length) {
        this.open = true;
        this.at = (this.at + step + this.found.length) % this.found.length;
        this.$nextTick(() => this.$el.querySelector("[aria-selected=true]").scrollIntoView({ block: "nearest" }));
      } else return;
      event.preventDefault();
    },
    left(event) {
      if (!this.$el.contains(event.relatedTarget)) this.open = false;
    },
  },
};
