/* Cycles that run, and what came of the last: a strip under the page bar. */
export default {
  template: `
    <div v-if="told.length" class="jobs" aria-live="polite">
      <div v-for="one in told" :key="one.id" class="note" :class="one.tone">
        <div class="line">
          <b :class="one.tone">{{ one.title }}</b><span class="mid ell">{{ one.text }}</span><span class="grow"></span>
          <button v-for="act in one.acts" :key="act.do" type="button" class="btn slim" :class="act.tone" :disabled="pressed === one.id"
            @click="press(one, act)">{{ act.label }}</button>
        </div>
        <div v-if="one.of" class="bar" role="progressbar" :aria-valuenow="one.done" aria-valuemin="0" :aria-valuemax="one.of"
          :aria-label="one.title"><i :style="{ width: (100 * one.done) / one.of + '%' }"></i></div>
        <p v-if="one.more" class="s13 mid">{{ one.more }}</p>
      </div>
    </div>`,
  props: { told: Array },
  data() {
    return { pressed: 0 };
  },
  watch: {
    told() {
      this.pressed = 0;
    },
  },
  methods: {
    press(one, act) {
      if (act.do === "stop") this.pressed = one.id;
      this.$emit("act", { do: act.do, number: one.id });
    },
  },
};
