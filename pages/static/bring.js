// Bringing a file or a pasted block to the review page: one POST, and on to its review.

const MEGABYTE = 1024 * 1024;
const MOST = 20; // MB, as the server has it

// Sends what was brought; returns an error in words, or nothing when the page is on its way.
export async function bring(body, { name, table = "", origin = "import" }, words) {
  if (body.size > MOST * MEGABYTE) return words.big.replace("{size}", MOST);
  const query = new URLSearchParams({ name, table, origin });
  let answer;
  try {
    const response = await fetch(`${window.path_prefix ?? ""}/review/files?${query}`, { method: "POST", body });
    answer = await response.json();
  } catch {
    return words.failed;
  }
  if (answer.error) return `${name ? name + "：" : ""}${answer.error}`;
  location.assign((window.path_prefix ?? "") + answer.path);
  return "";
}

// What a drop or a choice brings: its first file.
export const fileOf = (list) => [...(list ?? [])][0];

// Whether something dragged is a file.
export const holdsFile = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
