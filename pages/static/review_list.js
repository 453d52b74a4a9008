/* Where rows are brought: a file chosen or dropped, a block pasted; below it what waits, here and elsewhere. */
import { bring, fileOf, holdsFile } from "zongfen/bring.js";

export default {
  template: `
    <div class="rv-list" :class="{ over }" @dragover="drag" @dragleave="over = false" @drop.prevent="drop" @paste="pasted">
      <section class="sec rv-bring" :aria-busy="!!busy">
        <div class="h"><h2>{{ told.for || words.title }}</h2><span class="mut s13">{{ told.most }}</span></div>
        <div class="bd">
          <div class="line">
            <button type="button" class="btn pri" :disabled="!!busy" @click="$refs.file.click()">{{ words.choose }}</button>
            <span class="mid dropword">{{ words.drop }}</span>
            <input ref="file" type="file" accept=".xlsx,.xlsm,.csv,.txt,.tsv" hidden :aria-label="words.choose" @change="take(file($event))">
          </div>
          <textarea v-model="text" rows="3" :placeholder="words.paste" :aria-label="words.paste" spellcheck="false"></textarea>
          <div class="line">
            <button v-if="text.trim()" type="button" class="btn" :disabled="!!busy" @click="check">{{ words.check }}</button>
            <span v-if="busy" class="mid s13" role="status">{{ busy }}</span>
            <span v-if="fault" class="err s13" role="alert">! {{ fault }}</span>
          </div>
        </div>
      </section>

      <section v-if="told.elsewhere.length" class="sec">
        <div class="h"><h2>{{ words.elsewhere }}</h2><span class="grow"></span><a class="s13" href="/sync">{{ words.sync }}</a></div>
        <a v-for="one in told.elsewhere" :key="one.text" class="wait" href="/sync"><b>{{ one.count }}</b><span>{{ one.text }}</span></a>
      </section>

      <section class="sec">
        <div class="h"><h2>{{ words.waits }}</h2><span class="mut s13 ell">{{ told.kept }}</span></div>
        <ul v-if="told.reviews.length" class="rv-items">
          <li v-for="one in told.reviews" :key="one.id">
            <span class="chip" :class="one.open ? 'acc' : 'ok'">{{ one.state }}</span>
            <a class="ell" :href="'/review?id=' + encodeURIComponent(one.id)">{{ one.source }}</a>
            <span class="mid nw">{{ one.table }}</span>
            <span class="mut s13 ell grow">{{ one.by }}，{{ one.until }}</span>
            <button v-if="!one.open" type="button" class="btn small" @click="$emit('act', { do: 'throw', id: one.id })"
              :aria-label="words.throw + ' ' + one.source">{{ words.throw }}</button>
          </li>
        </ul>
        <div v-else class="empty pad"><b>{{ words.none }}</b><p>{{ words.how }}</p></div>
      </section>

      <section class="sec">
        <div class="h"><h2>{{ words.spellings }}</h2></div>
        <ul v-if="told.spellings.length" class="rv-items">
          <li v-for="one in told.spellings" :key="one.id">
            <span class="mid nw">{{ one.where }}</span>
            <span><span class="raw">{{ one.text }}</span><span class="arr">⇒</span><ins>{{ one.means }}</ins></span>
            <span class="mut s13 ell grow">{{ one.by }}</span>
            <button v-if="one.own" type="button" class="btn small" @click="$emit('act', { do: 'forget', number: one.id })"
              :aria-label="words.forget + ' ' + one.text">{{ words.forget }}</button>
          </li>
        </ul>
        <p v-else class="pad mut s13">{{ words.no_spellings }}</p>
      </section>
    </div>`,
  props: { told: Object, words: Object },
  data() {
    return { text: "", busy: "", fault: "", over: false };
  },
  methods: {
    file(event) {
      const found = fileOf(event.target.files);
      event.target.value = "";
      return found;
    },
    drag(event) {
      if (!holdsFile(event)) return;
      event.preventDefault();
      this.over = true;
    },
    drop(event) {
      this.over = false;
      this.take(fileOf(event.dataTransfer.files));
    },
    // A copied file may be pasted like a block of cells; text goes into its field by itself.
    pasted(event) {
      const found = fileOf(event.clipboardData?.files);
      if (found && !event.clipboardData.types.includes("text/plain")) {
        event.preventDefault();
        this.take(found);
      }
    },
    take(file) {
      if (file) this.send(file, { name: file.name });
    },
    check() {
      this.send(new Blob([this.text]), { name: "", origin: "paste" });
    },
    async send(body, told) {
      this.fault = "";
      this.busy = this.words.reading.replace("{name}", told.name);
      this.fault = await bring(body, { ...told, table: this.told.wanted }, this.words);
      if (this.fault) this.busy = "";
    },
  },
};
