// How people begin a page about themselves, in many languages: "Hi there, I’m Ida Hansen".

/** "I am" before a name, followed by a space. "This is" is no such word: companies say it too. */
const I_AM = [
  "i['’]m", "i am", "my name is", "ich bin", "ich hei(?:ß|ss)e", "mein name ist", "je suis", "je m['’]appelle", "soy", "me llamo", "mi nombre es",
  "eu sou", "meu nome é", "io sono", "mi chiamo", "ik ben", "mijn naam is", "jag är", "jag heter", "jeg er", "jeg heter", "jeg hedder", "minä olen",
  "nimeni on", "jestem", "nazywam się", "jsem", "jmenuji se", "меня зовут", "мене звати", "я", "أنا", "اسمي", "אני", "שמי", "من", "मैं", "저는",
];
/** The same where no space follows. */
const I_AM_AT_ONCE = ["我是", "我叫"];
const HELLO = ["hi", "hello", "hey", "hallo", "hei", "hej", "hola", "olá", "ciao", "salut", "bonjour", "ahoj", "cześć", "привет", "سلام", "مرحبا", "שלום", "你好"];

const INTRODUCTION = new RegExp(`(?:^|[\\s,.!¡¿،，–—-])(?:(?:${I_AM.join("|")}) |${I_AM_AT_ONCE.join("|")})`, "iu");
const GREETING = new RegExp(`^(?:${HELLO.join("|")})(?=[\\s,.!،，–—-])[\\s,.!،，–—-]*(?:there\\b)?[\\s,.!،，–—\\p{Emoji_Presentation}\\p{Emoji_Modifier}-]*`, "iu");

/** What follows "I am" in a text; empty where nobody says so. */
export function introduced(text) {
  const said = INTRODUCTION.exec(text);
  return said ? text.slice(said.index + said[0].length) : "";
}

/** A text without the greeting before it. */
export const withoutGreeting = (text) => text.replace(GREETING, "");
