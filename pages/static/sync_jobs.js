/* Cycles that run, and what came of the last: a strip under the page bar. What cannot be undone is asked about first. */
export default {
  template: `
    <div v-if="told.length" class="jobs">
      <div v-for="one in told" :key="one.id" class="note" :class="one.tone">
        <div class="line">
          <b :class="one.tone">{{ one.title }}</b><span class="mid ell">{{ one.text }}</span><span class="grow"></span>
          <button v-for="act in one.acts" :key="act.do" type="button" class="btn slim" :class="act.tone"
            @click="press(one, act)">{{ act.label }}</button>
        </div>
        <div v-if="one.of" class="bar" role="progressbar" :aria-valuenow="one.done" aria-valuemin="0" :aria-valuemax="one.of"
          :aria-label="one.title"><i :style="{ width: (100 * one.done) / one.of + '%' }"></i></div>
        <p v-if="one.more" class="s13 mid">{{ one.more }}</p>
      </div>
      <dialog ref="ask" class="ask" @close="answered">
        <b>{{ asked.act.question }}</b><p>{{ asked.act.consequence }}</p>
        <div class="line">
          <button ref="leave" type="button" class="btn" @click="$refs.ask.close('')">{{ words.leave }}</button>
          <button type="button" class="btn dan" @click="$refs.ask.close('yes')">{{ asked.act.label }}</button>
        </div>
      </dialog>
    </div>`,
  props: { told: Array, words: Object },
  data() {
    return { asked: { one: {}, act: {} } };
  },
  methods: {
    press(one, act) {
      if (!act.question) return this.send(one, act);
      this.asked = { one, act };
      this.$refs.ask.returnValue = "";
      this.$refs.ask.showModal();
      this.$refs.leave.focus();
    },
    answered() {
      if (this.$refs.ask.returnValue === "yes") this.send(this.asked.one, this.asked.act);
    },
    send(one, act) {
      this.$emit("act", { do: act.do, number: one.id });
    },
  },
};
