/* What waits for a person: stopped workbooks, conflicts, rows to delete, what was not taken. */
const MANY = 50; // more decided at once is asked about first

export default {
  template: `
    <div class="matters" @keydown.enter="held">
      <div v-if="told.only" class="line only">
        <button type="button" class="fchip" @click="act({ do: 'only', code: null })">{{ words.only }} {{ told.only }} ✕</button>
      </div>

      <section v-for="one in told.stops" :key="one.code" class="sec stop">
        <div class="h"><span class="m e">!</span><h2 class="ell">{{ one.name }} {{ words.stopped }}</h2><span class="mut s13 ell">{{ one.since }}</span></div>
        <div class="bd">
          <div>
            <b>{{ one.why }}</b>
            <p v-if="one.advice" class="mid s13">{{ one.advice }}</p>
            <p v-for="(rows, tab) in one.gone" :key="tab" class="s13 gone">{{ words.gone }}（{{ tab }}）：{{ rows }}</p>
          </div>
          <div class="todo">
            <div v-for="way in one.ways" :key="way.do">
              <button type="button" class="btn" :class="way.tone" :disabled="busy.has('s' + one.code)"
                @click="act({ do: way.do, code: one.code }, 's' + one.code)">{{ way.label }}</button>
              <span class="s13 mid">{{ way.hint }}</span>
            </div>
            <p v-if="one.above" class="s13 mid">{{ one.above }}</p>
          </div>
        </div>
      </section>

      <more-of :told="told.stops_more" sort="stops" :words="words" @act="act"></more-of>

      <section v-if="told.conflicts.count" class="sec">
        <div class="h">
          <h2>{{ words.conflicts }}</h2><span class="conf s13 ell">{{ told.conflicts.text }}</span><span class="grow"></span>
          <template v-if="told.conflicts.mine > 1">
            <button v-for="side in ['app', 'sheet']" :key="side" type="button" class="btn slim" :disabled="busy.has('all')"
              @click="all(side)">{{ words.all[side] }}</button>
          </template>
        </div>
        <article v-for="one in told.conflicts.items" :key="one.id" class="matter" :aria-label="one.title + ' ' + one.field">
          <div class="line hd">
            <b>{{ one.title }}</b><span class="mid">{{ one.field }}</span><span class="mut s13 ell">{{ one.aside }}</span>
            <span class="grow"></span><a v-if="one.path" class="s13" :href="one.path">{{ words.look }}</a>
          </div>
          <div class="halves">
            <div class="half base"><small>{{ words.base }}</small><div class="v" :class="{ mut: !one.base }">{{ one.base || words.blank }}</div><small>{{ one.base_by }}</small></div>
            <div v-for="(side, at) in ['app', 'sheet']" :key="side" class="half" :class="at ? 'theirs' : 'ours'">
              <small>{{ words.sides[side] }}</small>
              <div class="v" :class="{ mut: !one[side] }">{{ one[side] || words.blank }}</div>
              <small>{{ side === 'app' ? one.app_by : one.seen }}</small>
              <button v-if="one.may" type="button" class="btn" :disabled="busy.has('c' + one.id) || busy.has('all')"
                @click="act({ do: 'decide', number: one.id, keep: side }, 'c' + one.id)">{{ one.keep[at] }}</button>
            </div>
          </div>
          <p v-if="!one.may" class="s13 mut">{{ words.above }}</p>
        </article>
        <more-of :told="told.conflicts" sort="conflicts" :words="words" @act="act"></more-of>
      </section>

      <section v-if="told.proposals.count" class="sec">
        <div class="h"><h2>{{ words.proposals }}</h2><span class="warn s13 ell">{{ told.proposals.text }}</span></div>
        <article v-for="one in told.proposals.items" :key="one.id" class="matter line">
          <div class="grow">
            <b>{{ one.title }}</b> <span class="mut s13">{{ one.aside }}</span>
            <small>{{ one.book }}，{{ one.at }}</small>
          </div>
          <a v-if="one.path" class="s13" :href="one.path">{{ words.look }}</a>
          <button v-if="one.keep" type="button" class="btn" :disabled="busy.has('p' + one.id)"
            @click="act({ do: 'refuse', number: one.id }, 'p' + one.id)">{{ words.keep }}</button>
          <button v-if="one.delete" type="button" class="btn dan" :disabled="busy.has('p' + one.id)"
            @click="act({ do: 'accept', number: one.id }, 'p' + one.id)">{{ words.delete }}</button>
          <span v-if="!one.delete" class="s13 mut">{{ words.above }}</span>
        </article>
        <more-of :told="told.proposals" sort="proposals" :words="words" @act="act"></more-of>
      </section>

      <section v-if="told.problems.count" class="sec">
        <div class="h"><h2>{{ words.problems }}</h2><span class="err s13 ell">{{ told.problems.text }}</span></div>
        <article v-for="one in told.problems.items" :key="one.id" class="matter line">
          <div class="grow">
            <span v-if="one.text" class="unfit">{{ one.text }}</span> <span>{{ one.message }}</span>
            <small>{{ one.book }}，{{ one.place }}，{{ one.at }}</small>
          </div>
          <a v-if="one.path" class="s13" :href="one.path">{{ words.look }}</a>
          <button v-if="one.seen" type="button" class="btn" :disabled="busy.has('q' + one.id)"
            @click="act({ do: 'seen', number: one.id }, 'q' + one.id)">{{ words.seen }}</button>
        </article>
        <more-of :told="told.problems" sort="problems" :words="words" @act="act"></more-of>
      </section>

      <section v-if="told.quiet" class="sec"><div class="empty"><b class="ok">{{ words.quiet }}</b><p>{{ told.quiet }}</p></div></section>

      <dialog ref="ask" class="ask" @close="answered">
        <b>{{ question }}</b><p>{{ words.consequence }}</p>
        <div class="line">
          <button ref="leave" type="button" class="btn" @click="$refs.ask.close('')">{{ words.leave }}</button>
          <button type="button" class="btn pri" @click="$refs.ask.close('yes')">{{ words.all[side] }}</button>
        </div>
      </dialog>
    </div>`,
  components: {
    MoreOf: {
      template: `<p v-if="told.more" class="more"><button type="button" class="btn slim"
        @click="$emit('act', { do: 'more', sort })">{{ words.more.replace('{count}', told.more) }}</button></p>`,
      props: { told: Object, sort: String, words: Object },
      emits: ["act"],
    },
  },
  props: { told: Object, words: Object },
  data() {
    return { busy: new Set(), side: "app" };
  },
  computed: {
    question() {
      return this.words.ask[this.side].replace("{count}", this.told.conflicts.mine);
    },
  },
  watch: {
    told() {
      this.busy = new Set(); // what is still there may be pressed again
      this.$nextTick(this.refocus);
    },
  },
  methods: {
    act(asked, key) {
      this.pressed = this.buttons().indexOf(document.activeElement);
      if (key) this.busy = new Set([...this.busy, key]);
      this.$emit("act", asked);
    },
    buttons() {
      return [...this.$el.querySelectorAll("section .btn")];
    },
    // What was pressed is gone: whoever works by keyboard goes on with what stands there now.
    refocus() {
      const there = this.buttons();
      if (this.pressed >= 0 && document.activeElement === document.body) there[Math.min(this.pressed, there.length - 1)]?.focus();
      this.pressed = -1;
    },
    // A key that is held down decides one thing, not all that come after it.
    held(event) {
      if (event.repeat) event.preventDefault();
    },
    all(side) {
      this.side = side;
      if (this.told.conflicts.mine <= MANY) return this.act({ do: "decide_all", keep: side }, "all");
      this.$refs.ask.returnValue = "";
      this.$refs.ask.showModal();
      this.$refs.leave.focus();
    },
    answered() {
      if (this.$refs.ask.returnValue === "yes") this.act({ do: "decide_all", keep: this.side }, "all");
    },
  },
};
