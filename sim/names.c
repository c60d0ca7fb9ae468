/* Invented titles, tags and names, in the shapes that real ones have (contract C.13). All text here
 * is written as it stands inside a JSON string. */
#include "sim/world_internal.h"

#include <assert.h>
#include <ctype.h>

enum script {
    ENGLISH,
    SPANISH,
    PORTUGUESE,
    GERMAN,
    FRENCH,
    CYRILLIC,
    CHINESE,
    JAPANESE,
    KOREAN,
    THAI,
    RTL,
    OTHER_LATIN,
    SCRIPTS
};

/* Shares of contract C.13; the first takes what the rounding leaves. */
static const struct sim_language languages[] = {
    {"en", 0.457, "English", ENGLISH},
    {"ru", 0.13, "Русский", CYRILLIC},
    {"pt", 0.08, "Português", PORTUGUESE},
    {"es", 0.07, "Español", SPANISH},
    {"de", 0.07, "Deutsch", GERMAN},
    {"fr", 0.05, "Français", FRENCH},
    {"ja", 0.03, "日本語", JAPANESE},
    {"pl", 0.02, "Polski", OTHER_LATIN},
    {"zh", 0.014, "中文", CHINESE},
    {"it", 0.01, "Italiano", OTHER_LATIN},
    {"uk", 0.008, "Українська", CYRILLIC},
    {"tr", 0.008, "Türkçe", OTHER_LATIN},
    {"ko", 0.008, "한국어", KOREAN},
    {"th", 0.006, "ไทย", THAI},
    {"cs", 0.006, "Čeština", OTHER_LATIN},
    {"ar", 0.003, "العربية", RTL},
    {"zh-hk", 0.003, "中文(粵語)", CHINESE},
    {"nl", 0.003, "Nederlands", OTHER_LATIN},
    {"sv", 0.003, "Svenska", OTHER_LATIN},
    {"hu", 0.003, "Magyar", OTHER_LATIN},
    {"fi", 0.002, "Suomi", OTHER_LATIN},
    {"da", 0.002, "Dansk", OTHER_LATIN},
    {"no", 0.002, "Norsk", OTHER_LATIN},
    {"ro", 0.002, "Română", OTHER_LATIN},
    {"el", 0.002, "Ελληνικά", OTHER_LATIN},
    {"bg", 0.001, "Български", CYRILLIC},
    {"sk", 0.001, "Slovenčina", OTHER_LATIN},
    {"vi", 0.001, "Tiếng Việt", OTHER_LATIN},
    {"id", 0.001, "Bahasa Indonesia", OTHER_LATIN},
    {"ca", 0.001, "Català", OTHER_LATIN},
    {"tl", 0.0005, "Tagalog", OTHER_LATIN},
    {"hi", 0.0005, "हिन्दी", ENGLISH},
    {"ms", 0.0005, "Bahasa Melayu", OTHER_LATIN},
    {"asl", 0.0005, "American Sign Language", ENGLISH},
    {"other", 0.001, "Other", ENGLISH},
};

const struct sim_language *sim_languages(size_t *ret_count)
{
    static_assert(LL_COUNT(languages) <= SIM_LANGUAGES_MAX, "a language is a bit");
    *ret_count = LL_COUNT(languages);
    return languages;
}

#define PHRASES 12
static const char *const phrases[SCRIPTS][PHRASES] = {
    [ENGLISH] = {"slow morning, warm tea", "climbing until it hurts", "first time, be gentle",
                 "one more attempt", "quiet company while I work", "no plan tonight",
                 "road to the top", "building something odd", "come in and stay a while",
                 "late shift", "learning as we go", "the long way round"},
    [SPANISH] = {"tarde tranquila", "subiendo poco a poco", "primera vez, paciencia",
                 "otra más y ya", "charla sin prisa", "mañana será otro día", "buscando el camino",
                 "hoy sí que sí", "en buena compañía", "noche larga", "aprendiendo juntos",
                 "vuelta a empezar"},
    [PORTUGUESE] = {"tarde calma", "subindo devagar", "primeira vez por aqui", "só mais uma",
                    "conversa sem pressa", "amanhã eu descanso", "caminho longo", "hoje vai",
                    "boa companhia", "noite adentro", "aprendendo junto", "de volta ao começo"},
    [GERMAN] = {"ruhiger Abend", "langsam nach oben", "zum ersten Mal dabei", "nur noch eine Runde",
                "gemütlich plaudern", "morgen wird geschlafen", "der lange Weg", "heute klappt es",
                "in guter Gesellschaft", "Spätschicht", "wir lernen noch", "alles auf Anfang"},
    [FRENCH] = {"soirée tranquille", "on monte doucement", "première fois ici",
                "encore une et au lit", "papotage du soir", "demain on dort", "le long chemin",
                "ce soir ça passe", "en bonne compagnie", "nuit blanche", "on apprend ensemble",
                "retour au départ"},
    [CYRILLIC] = {"тихий вечер", "медленно вверх", "первый раз, не ругайте", "ещё одна попытка",
                  "болтаем ни о чём", "завтра высплюсь", "долгая дорога", "сегодня получится",
                  "в хорошей компании", "ночная смена", "учимся вместе", "всё сначала"},
    [CHINESE] = {"安靜的晚上", "慢慢往上爬", "第一次來玩", "再試一次", "隨便聊聊天", "明天再睡",
                 "漫長的路", "今天一定行", "歡迎坐坐", "夜班時間", "邊學邊做", "從頭開始"},
    [JAPANESE] = {"静かな夜のひととき", "ゆっくり登る", "はじめての挑戦", "もう一回だけ",
                  "のんびり雑談", "明日は休みます", "長い道のり", "今日こそは", "初見さん歓迎",
                  "夜ふかし枠", "いっしょに練習", "ふりだしに戻る"},
    [KOREAN] = {"조용한 저녁", "천천히 올라가기", "처음 해봅니다", "한 번만 더", "느긋한 수다",
                "내일은 쉽니다", "먼 길", "오늘은 된다", "어서 오세요", "야간 근무", "같이 배워요",
                "처음부터 다시"},
    [THAI] = {"เย็นสบาย ๆ", "ค่อย ๆ ไต่", "ครั้งแรกเลย", "อีกตาเดียว", "คุยกันเพลิน ๆ", "พรุ่งนี้ค่อยนอน",
              "ทางยังไกล", "วันนี้ต้องได้", "แวะมาทักกัน", "กะดึก", "เรียนไปด้วยกัน", "เริ่มใหม่"},
    [RTL] = {"مساء هادئ", "نصعد ببطء", "أول مرة هنا", "محاولة أخيرة", "حديث بلا عجلة", "غدا ننام",
             "طريق طويل", "اليوم ننجح", "أهلا بالجميع", "سهرة", "نتعلم معا", "ערב שקט"},
    [OTHER_LATIN] = {"pomalu nahoru", "spokojny wieczór", "prima volta qui", "ancora una",
                     "yavaş yavaş", "gece vardiyası", "ještě jednou", "rustig aan", "lugn kväll",
                     "hosszú út", "noapte bună", "hyvää iltaa"},
};

static const char *const separators[] = {" | ", " - ", ", ", " / ", "! ", " // ", " ~ ", ": "};
static const char *const bullets[] = {" ★ ", " ♥ ", " » ", " • ", " ☕ "};
/* Beyond U+FFFF, some joined by U+200D or followed by U+FE0F. */
static const char *const emoji[] = {
    "🎮",
    "🔥",
    "🌙",
    "✨🎧",
    "🐸",
    "🏔️🥾",
    "👩‍💻",
    "👨‍👩‍👧",
    "🏳️‍🌈",
    "🧑🏽‍🚀",
    "🎲",
    "🍵🐢",
    "💤",
    "🚀🚀",
};
static const char *const ornate[] = {"𝓵𝓲𝓿𝓮", "𝗡𝗘𝗪", "𝕤𝕠𝕝𝕠", "🅷🅸"};
static const char *const commands[] = {"!rules", "!plan", "!discord", "!specs", "!drops", "!today"};
static const char *const quoted[] = {"\\\"just one\\\"", "o\\\\/ hello", "the \\\"fix\\\"",
                                     "\\\\o/"};

/* One of an array of texts; the hash moves on. */
#define ADD_ONE(out, array, hash) ll_buf_add(out, ll_str_of((array)[next(hash) % LL_COUNT(array)]))

static uint64_t next(uint64_t *hash)
{
    *hash = sim_mix(*hash, 7);
    return *hash >> 8;
}

static bool chance(uint64_t *hash, unsigned per_mille)
{
    return next(hash) % 1000 < per_mille;
}

static void add_phrases(struct ll_buf *out, uint64_t *hash, int script)
{
    static const unsigned char how_many[] = {1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 4};
    unsigned count = how_many[next(hash) % LL_COUNT(how_many)];
    size_t at = next(hash) % PHRASES, step = next(hash) % 2 ? 5 : 7; /* prime to 12 */
    for (unsigned i = 0; i < count; i++) {
        if (i > 0) {
            if (chance(hash, 30))
                ADD_ONE(out, bullets, hash);
            else
                ADD_ONE(out, separators, hash);
        }
        ll_buf_add(out, ll_str_of(phrases[script][(at + i * step) % PHRASES]));
    }
}

void sim_names_title(struct ll_buf *out, uint64_t hash, const struct sim_language *language)
{
    if (chance(&hash, 3))
        return;
    if (chance(&hash, 1)) {
        ll_buf_add_char(out, ' ');
        return;
    }
    int script = language->script != ENGLISH && chance(&hash, 300) ? ENGLISH : language->script;
    if (chance(&hash, 60)) {
        ADD_ONE(out, emoji, &hash);
        ll_buf_add_char(out, ' ');
    }
    add_phrases(out, &hash, script);
    if (chance(&hash, 350)) {
        ll_buf_add(out, LL_STR(" #"));
        ll_buf_printf(out, "%u", (unsigned)(next(&hash) % 400));
    }
    if (chance(&hash, 250)) {
        ll_buf_add_char(out, ' ');
        ADD_ONE(out, commands, &hash);
    }
    if (chance(&hash, 12)) {
        ll_buf_add_char(out, ' ');
        ADD_ONE(out, ornate, &hash);
    }
    if (chance(&hash, 5)) {
        ll_buf_add_char(out, ' ');
        ADD_ONE(out, quoted, &hash);
    }
    if (chance(&hash, 90)) {
        ll_buf_add_char(out, ' ');
        ADD_ONE(out, emoji, &hash);
    }
    if (chance(&hash, 2))
        ll_buf_add(out, LL_STR("\\n"));
}

static const char *const tag_heads[] = {
    "chill",      "Cozy",       "Ranked",   "casual",   "FirstRun", "Solo",     "Coop",
    "Vtuber",     "Speed",      "Retro",    "indie",    "Learning", "Morning",  "Night",
    "Friendly",   "Family",     "Grind",    "Hardcore", "LGBTQIA",  "Anxiety",  "Gamer",
    "Controller", "PC",         "Console",  "Music",    "Drawing",  "Talk",     "Support",
    "Backseat",   "NoSpoilers", "ADHD",     "Adult",    "Playing",  "Roleplay", "Strategy",
    "Horror",     "Puzzle",     "Building", "Crafting", "Study",    "Coding",   "Cats",
    "Dogs",       "Coffee",     "Tea",      "Marathon", "Charity",  "Events",   "Giveaway",
    "Viewers",    "Community",  "Small",    "New",      "Old",      "Funny",    "Silly",
    "Silent",     "Loud",       "Weekend",
};
static const char *const tag_tails[] = {
    "",    "",     "",     "",    "Streamer", "Time", "Vibes", "Gaming", "Live", "Fun",
    "Run", "Club", "Zone", "Day", "Friends",  "Pro",  "Games", "Show",   "Chat", "24",
};

/* Language tag first; the heads of the others differ, so that no two are alike. */
void sim_names_tags(struct ll_buf *out, uint64_t hash, const struct sim_language *language)
{
    static_assert(LL_COUNT(tag_heads) == 59, "a prime: any step visits all");
    static const unsigned char upto[] = {21, 30, 38, 46, 54, 62, 70, 78, 86, 100}; /* % */
    unsigned dice = (unsigned)(next(&hash) % 100), count = 1;
    while (dice >= upto[count - 1])
        count++;
    size_t at = next(&hash) % LL_COUNT(tag_heads);
    size_t step = 1 + next(&hash) % (LL_COUNT(tag_heads) - 1);
    ll_buf_add_char(out, '"');
    ll_buf_add(out, ll_str_of(language->tag));
    for (unsigned i = 1; i < count; i++) {
        const char *head = tag_heads[(at + i * step) % LL_COUNT(tag_heads)];
        ll_buf_add(out, LL_STR("\",\""));
        size_t first = out->len;
        ll_buf_add(out, ll_str_of(head));
        ADD_ONE(out, tag_tails, &hash);
        if (chance(&hash, 250)) { /* variants in case */
            for (size_t j = first; j < out->len; j++)
                out->ptr[j] = (char)tolower((unsigned char)out->ptr[j]);
        }
    }
    ll_buf_add_char(out, '"');
}

void sim_names_display(struct ll_buf *out, uint64_t hash, struct sim_login login)
{
    static const char *const heads[] = {"花", "風", "夜空", "猫", "星", "海", "달빛", "하늘"};
    static const char *const tails[] = {"の庭", "ちゃん", "丸", "小屋", "坊", "の里"};
    if (chance(&hash, 29)) {
        ADD_ONE(out, heads, &hash);
        ADD_ONE(out, tails, &hash);
        ll_buf_printf(out, "%u", (unsigned)(next(&hash) % 1000));
        return;
    }
    size_t first = out->len;
    ll_buf_add(out, (struct ll_str){login.c, login.len});
    if (chance(&hash, 550))
        out->ptr[first] = (char)toupper((unsigned char)out->ptr[first]);
}

void sim_names_description(struct ll_buf *out, uint64_t hash)
{
    if (chance(&hash, 160))
        return;
    add_phrases(out, &hash, (int)(next(&hash) % SCRIPTS));
    ll_buf_add(out, LL_STR(". "));
    add_phrases(out, &hash, ENGLISH);
}
