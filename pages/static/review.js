/* One review: what is new, changed from what to what, not taken and why; mended, mapped, set aside and written here. */
import { names } from "zongfen/api.js";
import { bring, fileOf, holdsFile } from "zongfen/bring.js";

const OFFERED_AFTER = 150; // ms

export default {
  template: `
    <div class="rv" :class="{ over }" @dragover="drag" @dragleave="over = false" @drop.prevent="drop">
      <div class="rv-tabs" role="group" :aria-label="words.sort">
        <button v-for="one in told.tabs" :key="one.code" type="button" class="t" :class="{ on: one.code === told.only }"
          :aria-pressed="one.code === told.only" @click="act({ do: 'only', code: one.code })">
          <span v-if="one.mark" class="m" :class="one.tone" aria-hidden="true">{{ one.mark }}</span> {{ one.label }} <b>{{ one.count }}</b>
        </button>
        <span class="grow"></span>
        <span class="mut s13 nw">{{ told.quiet }}</span>
        <label v-if="told.sheets.length > 1" class="s13 mid nw">{{ words.sheet }}
          <select :disabled="told.fixed" :value="told.sheet" @change="act({ do: 'take_for', table: told.table, sheet: $event.target.value })">
            <option v-for="(one, at) in told.sheets" :key="at" :value="at">{{ one }}</option>
          </select></label>
        <label class="s13 mid nw">{{ words.table }}
          <select :disabled="told.fixed" :value="told.table" @change="act({ do: 'take_for', table: $event.target.value, sheet: told.sheet })">
            <option v-for="one in told.tables" :key="one.name" :value="one.name">{{ one.label }}</option>
          </select></label>
      </div>

      <div v-if="fault" class="rv-bar err" role="alert">! {{ fault }}</div>
      <div v-if="told.force" class="rv-bar"><b>{{ told.force }}</b>
        <button type="button" class="btn small" @click="act({ do: 'undo_rest' })">{{ words.rest }}</button>
        <button type="button" class="btn small" @click="act({ do: 'close_force' })">{{ words.cancel }}</button></div>
      <div v-for="one in told.columns" :key="'c' + one.field" class="rv-bar"><span>{{ one.text }}</span>
        <button type="button" class="btn small" @click="act({ do: 'leave', field: one.field, take: one.left })">{{ one.left ? words.take : words.leave }}</button></div>
      <div v-for="one in told.spelt" :key="one.field + one.text" class="rv-bar">
        <span><b>{{ one.told }}</b> <span class="raw">{{ one.text }}</span><template v-if="!one.means">{{ told.fields[one.field].ref ? words.unknown : words.outside }}</template></span>
        <template v-if="!one.means">
          <label>{{ words.once }}
            <select v-if="told.fields[one.field].options.length" @pointerdown="keyed = false"
              @change="keyed || map(one, $event.target.value)" @keydown="chose($event, () => map(one, $event.target.value))"
              @blur="keyed && map(one, $event.target.value)">
              <option value="">{{ words.pick }}</option>
              <option v-for="choice in told.fields[one.field].options" :key="choice" :value="choice">{{ choice }}</option>
            </select>
            <input v-else type="text" list="rv-names" autocomplete="off" @input="offer(one.field, $event)" @change="map(one, $event.target.value)"></label>
          <button v-if="one.nearest" type="button" class="btn small" @click="map(one, one.nearest)">{{ one.nearest }}</button>
        </template>
        <template v-else>
          <span class="arr">⇒</span><ins>{{ one.means }}</ins><span class="ok">{{ one.done }}</span>
          <button type="button" class="btn small" @click="act({ do: 'map', field: one.field, text: one.text, means: null })">{{ words.undo }}</button>
          <label v-if="!one.by" class="s13 mid"><input type="checkbox" :checked="!!one.remembered" @change="remember(one, $event)"> {{ one.remember }}</label>
          <span v-else class="s13 mid">{{ one.by }}</span>
        </template>
      </div>
      <p v-if="told.more_spelt" class="rv-bar s13 mid">{{ words.more_spelt.replace("{count}", told.more_spelt) }}</p>
      <details v-if="told.notes.count" class="rv-bar rv-notes"><summary class="warn">{{ words.notes.replace("{count}", told.notes.count) }}</summary>
        <ul><li v-for="(one, at) in told.notes.items" :key="at">{{ one }}</li></ul></details>

      <div class="rv-scroll" tabindex="0" role="region" :aria-label="words.change">
        <div v-if="told.headless" class="empty pad"><b>{{ words.headless }}</b></div>
        <div v-else-if="!told.lines.length" class="empty pad"><b>{{ told.quiet ? words.same : words.nothing }}</b></div>
        <table v-else class="list rv-table">
          <thead><tr><th class="rn">{{ words.row }}</th><th>{{ words.sort }}</th><th>{{ words.key }}</th><th>{{ words.title }}</th>
            <th>{{ words.change }}</th><th>{{ words.why }}</th><th class="num">{{ words.deal }}</th></tr></thead>
          <tbody>
            <tr v-for="line in told.lines" :key="line.number" :class="'r-' + line.tab" :data-row="line.number">
              <td class="rn">{{ line.number }}</td>
              <td class="nw so"><span class="m" :class="line.tone" aria-hidden="true">{{ line.mark }}</span> {{ line.label }}</td>
              <td class="mid ke ell" :title="line.key">{{ line.key || "—" }}</td>
              <td class="ti ell" :title="line.title">{{ line.title }}</td>
              <td class="di">
                <span v-for="cell in line.cells" :key="cell.field" class="d">
                  <span class="mut s13">{{ cell.label }}</span>&nbsp;
                  <span v-if="is(line, cell)" class="ed">
                    <select v-if="options(cell).length" ref="editor" v-model="text" :aria-label="cell.label" @pointerdown="keyed = false"
                      @change="keyed || save(line, cell, $event.target.value)" @keydown="chose($event, () => save(line, cell, text))">
                      <option v-if="!options(cell).includes(text)" :value="text">{{ text || words.pick }}</option>
                      <option v-for="choice in options(cell)" :key="choice" :value="choice">{{ choice }}</option>
                    </select>
                    <input v-else ref="editor" type="text" v-model="text" :aria-label="cell.label" :title="told.fields[cell.field]?.wanted"
                      :list="ref(cell) ? 'rv-names' : null" autocomplete="off" spellcheck="false"
                      @input="offer(cell.field, $event)" @keydown="typed(line, cell, $event)">
                    <button type="button" class="btn small" @click="save(line, cell, text)">{{ words.save }}</button>
                    <button v-if="cell.there" type="button" class="btn small" @click="save(line, cell, null)">{{ words.keep }}</button>
                    <button v-if="cell.mended" type="button" class="btn small" @click="act({ do: 'unmend', number: line.number, field: cell.field })">{{ words.unmend }}</button>
                    <button type="button" class="btn small" @click="close">{{ words.cancel }}</button>
                  </span>
                  <template v-else-if="cell.why">
                    <button type="button" class="plain" :aria-label="words.mend + ' ' + cell.label + ' ' + cell.found" @click="open(line, cell)"><span class="rej">{{ cell.found || words.blank }}</span></button>
                    <span class="mut s13"> {{ cell.old ? words.kept : words.untaken }} </span><b v-if="cell.old">{{ cell.old }}</b>
                  </template>
                  <template v-else>
                    <template v-if="cell.there"><del v-if="cell.old">{{ cell.old }}</del><span v-else class="mut">—</span><span class="arr">→</span></template>
                    <template v-if="cell.mapped"><span class="raw">{{ cell.found }}</span><span class="arr">⇒</span></template>
                    <ins v-if="line.tab === 'written'">{{ cell.new || words.blank }}</ins>
                    <button v-else type="button" class="plain" :aria-label="words.mend + ' ' + cell.label + ' ' + cell.new" @click="open(line, cell)">
                      <span v-if="cell.conflict" class="cf">{{ cell.new || words.blank }}</span><ins v-else>{{ cell.new || words.blank }}</ins></button>
                    <span v-if="cell.mended" class="mut s12"> {{ words.mended }}</span>
                  </template>
                </span>
              </td>
              <td class="wh s13" :class="{ err: line.tab === 'rejected', conf: line.tab === 'conflict', mut: line.tab === 'written' }">{{ line.why }}</td>
              <td class="num s13 de">
                <template v-if="line.tab === 'rejected'">
                  <button v-if="wrong(line)" type="button" class="link" @click="open(line, wrong(line))">{{ words.mend }}</button>
                  <button type="button" class="link" @click="act({ do: 'aside', numbers: [line.number] })">{{ words.aside }}</button>
                </template>
                <template v-else-if="line.tab === 'conflict'">
                  <button type="button" class="link" @click="act({ do: 'look', number: line.number, seen: told.seen })">{{ words.look }}</button>
                  <button type="button" class="link" @click="act({ do: 'aside', numbers: [line.number] })">{{ words.aside }}</button>
                </template>
                <template v-else-if="line.tab === 'aside'">
                  <label><input type="checkbox" :checked="false" :aria-label="words.write + ' ' + line.number" @change="act({ do: 'back', numbers: [line.number] })"> {{ words.write }}</label>
                  <button type="button" class="link" @click="act({ do: 'drop', numbers: [line.number] })">{{ words.drop }}</button>
                </template>
                <button v-else-if="line.tab === 'dropped'" type="button" class="link" @click="act({ do: 'back', numbers: [line.number] })">{{ words.back }}</button>
                <span v-else-if="line.tab === 'written'" class="ok">✓</span>
                <label v-else><input type="checkbox" :checked="true" :aria-label="words.write + ' ' + line.number" @change="act({ do: 'aside', numbers: [line.number] })"> {{ words.write }}</label>
              </td>
            </tr>
          </tbody>
        </table>
        <div v-if="told.pages.of > told.pages.size" class="line rv-pages">
          <button type="button" class="btn small" :disabled="!told.pages.start" @click="turn(-1)">{{ words.before }}</button>
          <span class="s13 mid">{{ told.pages.start + 1 }}–{{ told.pages.to }} / {{ told.pages.of }}</span>
          <button type="button" class="btn small" :disabled="told.pages.to >= told.pages.of" @click="turn(1)">{{ words.after }}</button>
        </div>
      </div>
      <datalist id="rv-names"><option v-for="one in offered" :key="one" :value="one"></option></datalist>

      <div class="rv-foot">
        <span v-if="told.foot.rows">{{ words.foot.replace("{rows}", told.foot.rows).replace("{what}", told.foot.what) }}</span>
        <span v-else class="mid">{{ told.foot.why }}</span>
        <span v-if="told.foot.rejected" class="err">{{ words.rejected.replace("{count}", told.foot.rejected) }}</span>
        <span v-if="told.foot.conflict" class="conf">{{ words.conflict.replace("{count}", told.foot.conflict) }}</span>
        <span v-for="one in told.foot.written" :key="one.changeset" class="ok nw">{{ one.text }}
          <button type="button" class="btn small" @click="act({ do: 'undo', changeset: one.changeset })">{{ words.undo }}</button></span>
        <span class="grow"></span>
        <button v-if="told.foot.waits" type="button" class="btn big" @click="act({ do: 'turn_down' })">{{ words.turn_down }}</button>
        <button type="button" class="btn pri big" :disabled="!told.foot.rows || busy" @click="apply">{{ told.foot.button }}</button>
      </div>
    </div>`,
  props: { told: Object, words: Object },
  data() {
    return { busy: false, editing: null, text: "", keyed: false, offered: [], over: false, fault: "" };
  },
  watch: {
    told() {
      this.busy = false;
      this.$nextTick(this.refocus);
    },
  },
  methods: {
    act(asked) {
      this.from = this.place();
      if (asked.do !== "only" && asked.do !== "page") this.editing = null;
      this.$emit("act", asked);
    },
    apply() {
      this.busy = true;
      this.act({ do: "apply" });
    },
    turn(by) {
      this.$el.querySelector(".rv-scroll").scrollTop = 0;
      this.act({ do: "page", start: this.told.pages.start + by * this.told.pages.size });
    },

    // ---- whoever works by keyboard goes on where they were, also where what they pressed is gone

    place() {
      const row = document.activeElement?.closest?.("tr[data-row]");
      return row ? [...row.parentNode.children].indexOf(row) : -1;
    },
    refocus() {
      const from = this.from ?? -1;
      this.from = -1;
      if (from < 0 || document.activeElement !== document.body) return;
      const rows = [...this.$el.querySelectorAll("tr[data-row]")];
      rows[Math.min(from, rows.length - 1)]?.querySelector(".de :is(button, input)")?.focus();
    },

    // ---- a cell, mended in place

    is(line, cell) {
      return this.editing?.number === line.number && this.editing.field === cell.field;
    },
    options(cell) {
      return this.told.fields[cell.field]?.options ?? [];
    },
    ref(cell) {
      return this.told.fields[cell.field]?.ref;
    },
    wrong(line) {
      return line.cells.find((cell) => cell.why);
    },
    open(line, cell) {
      this.editing = { number: line.number, field: cell.field };
      this.text = this.options(cell).includes(cell.new) ? cell.new : cell.found;
      this.keyed = false;
      this.offered = [];
      this.$nextTick(() => [this.$refs.editor].flat()[0]?.focus());
    },
    close() {
      const row = this.$el.querySelector(`tr[data-row="${this.editing?.number}"]`);
      this.editing = null;
      this.$nextTick(() => row?.querySelector(".plain")?.focus());
    },
    // Arrow keys change a closed list at each press: Enter says which one is meant, or leaving it.
    chose(event, done) {
      if (event.key === "Enter") done();
      else if (event.key === "Escape") this.close();
      else if (event.key !== "Tab" && event.key !== "Shift") this.keyed = true;
    },
    typed(line, cell, event) {
      if (event.isComposing) return;
      if (event.key === "Escape") this.close();
      if (event.key === "Enter") this.save(line, cell, this.text);
    },
    save(line, cell, text) {
      this.act({ do: "mend", number: line.number, field: cell.field, text });
    },
    offer(field, event) {
      const table = this.told.fields[field]?.ref;
      clearTimeout(this.timer);
      if (!table) return;
      const text = event.target.value.trim();
      this.timer = setTimeout(async () => {
        const found = await names(table, text).catch(() => []);
        this.offered = found.map((one) => `${one.key} ${one.name}`.trim());
      }, OFFERED_AFTER);
    },

    // ---- a text, mapped once

    map(one, means) {
      this.keyed = false;
      if (means.trim()) this.act({ do: "map", field: one.field, text: one.text, means });
    },
    remember(one, event) {
      if (event.target.checked) this.act({ do: "remember", field: one.field, text: one.text, means: one.means });
      else this.act({ do: "forget", number: one.remembered });
    },

    // ---- another file

    drag(event) {
      if (!holdsFile(event)) return;
      event.preventDefault();
      this.over = true;
    },
    async drop(event) {
      this.over = false;
      const file = fileOf(event.dataTransfer.files);
      if (file) this.fault = await bring(file, { name: file.name }, this.words);
    },
  },
  unmounted() {
    clearTimeout(this.timer);
  },
};
