/* The sync centre's table of workbooks: what state each is in. A chip shows that workbook's matters alone. */
const MANY = 20; // from here on the list can be searched

export default {
  template: `
    <section class="sec books">
      <div class="h">
        <h2>{{ words.title }}</h2><span class="mut s13 ell">{{ told.summary }}</span><span class="grow"></span>
        <input v-if="told.rows.length > many" v-model="text" type="search" class="seek" :placeholder="words.seek"
          :aria-label="words.seek" autocomplete="off" spellcheck="false">
      </div>
      <div class="scroll">
        <table v-if="found.length" class="list wb">
          <thead><tr>
            <th>{{ words.name }}</th><th>{{ words.state }}</th><th>{{ words.at }}</th>
            <th class="num">{{ words.in }}</th><th class="num">{{ words.out }}</th><th :aria-label="words.get"></th>
          </tr></thead>
          <tbody>
            <tr v-for="row in found" :key="row.code" :class="{ stopped: row.stopped, on: row.code === told.only }">
              <td class="nm" :title="row.place"><div><span class="lead ell">{{ row.lead }}</span><span class="ell">{{ row.name }}</span></div><small v-if="row.moved" class="ell">{{ row.place }}</small></td>
              <td class="st"><button type="button" class="chip" :class="row.chip[0]" :aria-pressed="row.code === told.only"
                :title="words.only" @click="choose(row)">{{ row.chip[1] }}</button></td>
              <td class="at mid">{{ row.at }}</td>
              <td class="num" :data-label="words.in">{{ row.in }}</td>
              <td class="num" :data-label="words.out">{{ row.out }}</td>
              <td class="get"><a v-if="row.open" v-bind="way(row)" :title="row.place"
                :aria-label="label(row) + ' ' + row.lead + row.name">{{ label(row) }}</a></td>
            </tr>
          </tbody>
        </table>
        <div v-else-if="told.rows.length" class="empty">
          <b>{{ words.none }}</b><p>{{ text }}</p>
          <button type="button" class="btn" @click="text = ''">{{ words.clear }}</button>
        </div>
        <div v-else class="empty"><b>{{ words.first }}</b><p>{{ words.how }}</p></div>
        <ul v-if="told.notes.length" class="notes s13 mid"><li v-for="note in told.notes" :key="note">{{ note }}</li></ul>
      </div>
      <details v-if="told.past.length" class="past s13">
        <summary>{{ words.past }}</summary>
        <ul><li v-for="one in told.past"><span class="mid">{{ one.at }}</span> {{ one.who }} <span class="mid">{{ one.text }}</span></li></ul>
      </details>
      <div v-if="told.chosen" class="one line">
        <b class="ell grow">{{ told.chosen.name }}</b>
        <template v-if="told.chosen.open">
          <a class="btn slim" :href="address" download>{{ words.get }}</a>
          <label class="btn slim" :class="{ off: busy }">{{ busy ? words.bringing : words.bring
            }}<input type="file" accept=".xlsx" class="veiled" :disabled="busy" @change="bring($event.target)"></label>
        </template>
        <button v-if="told.chosen.may_pause" type="button" class="btn slim" @click="pause">{{
          told.chosen.paused ? words.resume : words.pause }}</button>
      </div>
    </section>`,
  props: { told: Object, words: Object },
  data() {
    return { text: "", many: MANY, busy: false };
  },
  computed: {
    address() {
      return "/sync/books/" + encodeURIComponent(this.told.chosen.code);
    },
    found() {
      const parts = this.text.toLowerCase().split(/\s+/).filter(Boolean);
      const told = (row) => `${row.code} ${row.lead}${row.name} ${row.place} ${row.chip[1]}`.toLowerCase();
      return parts.length ? this.told.rows.filter((row) => parts.every((part) => told(row).includes(part))) : this.told.rows;
    },
  },
  methods: {
    pause() {
      this.$emit("act", { do: "pause", code: this.told.chosen.code, paused: !this.told.chosen.paused });
    },
    // The file goes as it is; what came of it is told by the page's toast.
    async bring(input) {
      const [file] = input.files;
      input.value = "";
      if (!file) return;
      this.busy = true;
      let told;
      try {
        const answer = await fetch(this.address, { method: "POST", headers: { "X-Zongfen": "1" }, body: file });
        told = await answer.json();
        if (!answer.ok) told = { fault: told.error };
      } catch {
        told = { fault: this.words.failed };
      }
      this.busy = false;
      this.$emit("act", { do: "brought", ...told });
    },
    label(row) {
      return row.link ? this.words.visit : this.words.get;
    },
    way(row) {
      if (row.link) return { href: row.link, target: "_blank", rel: "noopener" };
      return { href: "/sync/books/" + encodeURIComponent(row.code), download: "" };
    },
    choose(row) {
      this.$emit("act", { do: "only", code: row.code === this.told.only ? null : row.code });
    },
  },
};
