/** What a person wishes of this browser: a sound and a desktop notification when something waits, and single keys. */

const PLACE = "tradefloor.notices";
const AT_FIRST = { sound: false, desktop: false, shortcuts: true };

/** What the person wishes: {sound, desktop, shortcuts}. */
export function wishes() {
  try {
    return { ...AT_FIRST, ...JSON.parse(localStorage.getItem(PLACE)) };
  } catch {
    return AT_FIRST;
  }
}

/** Change a wish; desktop notifications ask the browser first. Returns what holds now. */
export async function wish(change) {
  const wanted = { ...wishes(), ...change };
  if (change.desktop) wanted.desktop = "Notification" in window && (await Notification.requestPermission()) === "granted";
  localStorage.setItem(PLACE, JSON.stringify(wanted));
  if (change.sound) chime();
  return wanted;
}

/** Tell of a frame, if it is a new request for approval. */
export function announce({ type, data }, store) {
  if (type !== "oversight.request" || !store.isLoaded) return;
  const { sound, desktop } = wishes();
  if (sound) chime();
  if (!desktop || !document.hidden || Notification.permission !== "granted") return;
  const { action, quantity, symbol } = data.trade;
  const note = new Notification("A trade waits for approval", { body: `${action} ${quantity} ${symbol}: ${data.reason}`, tag: data.requestId });
  note.onclick = () => {
    window.focus();
    location.hash = `#/approvals/${data.requestId}`;
  };
}

let audio = null;

/** Two soft notes. */
function chime() {
  audio ??= new AudioContext();
  [660, 880].forEach((pitch_hz, index) => {
    const from_s = audio.currentTime + index * 0.14;
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = pitch_hz;
    volume.gain.setValueAtTime(0.08, from_s);
    volume.gain.exponentialRampToValueAtTime(0.001, from_s + 0.3);
    tone.connect(volume).connect(audio.destination);
    tone.start(from_s);
    tone.stop(from_s + 0.3);
  });
}
