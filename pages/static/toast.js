/* A toast: one at a time, 8 s; an error stays until it is closed. */
const STAY = 8_000; // ms

export default {
  template: `
    <div v-show="text" class="toast" :class="{ err: error }" :role="error ? 'alert' : 'status'">
      <span>{{ text }}</span>
      <button v-if="back" type="button" class="act" @click="undo">{{ words.undo }}</button>
      <button type="button" :aria-label="words.close" @click="close">✕</button>
    </div>`,
  props: { words: Object },
  data() {
    return { text: "", back: false, error: false };
  },
  methods: {
    say(text, back, error) {
      clearTimeout(this.timer);
      Object.assign(this, { text, back, error });
      if (!error) this.timer = setTimeout(this.close, STAY);
    },
    undo() {
      this.close();
      this.$emit("undo");
    },
    close() {
      clearTimeout(this.timer);
      this.text = "";
    },
  },
  unmounted() {
    clearTimeout(this.timer);
  },
};
