package dev.nla4j.teacher;

import java.text.Normalizer;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Words that carry grammar and no topic.
final class FunctionWords {
    /// Behind each language, words of it besides those that it is told by ([Language]).
    private static final String LINES = """
            ENGLISH about above across after again against all almost alone along already also although always am
            ENGLISH among an another any anybody anyone anything are around away back became because become been
            ENGLISH before began behind being below beneath beside besides between beyond both came can can't
            ENGLISH cannot come could couldn't did didn't do does doesn't doing don't done down during each either
            ENGLISH else enough especially even ever every everybody everyone everything except few first found
            ENGLISH from further gave give given goes going gone has have haven't having hence here hers herself
            ENGLISH him himself how however i i'll i've if indeed inside instead into isn't it's its itself just
            ENGLISH keep kept knew know known last least less let like likely little long made make makes many may
            ENGLISH maybe me merely might mine more moreover most much must my myself near nearly neither never
            ENGLISH nevertheless next no nobody none nothing now off often once one ones only onto other others
            ENGLISH otherwise ought our ourselves out over own per perhaps quite rather really said same says seem
            ENGLISH seemed seems seen several shall she's should shouldn't since so some somebody someone
            ENGLISH something sometimes somewhat soon still such take taken than that that's their theirs them
            ENGLISH themselves then there there's therefore these they they're thing things this those though
            ENGLISH three through thus together told took toward towards two under until unto up upon us used
            ENGLISH using usually very want wasn't we're well went were what whatever when whenever where whereas
            ENGLISH wherever whether which while who whole whom whose why will with within without won't would
            ENGLISH wouldn't yet you you'll you're your yours yourself yourselves
            FRENCH leur leurs lui eux ils elles on moi toi mon ma mes ton ta tes son sa notre nos votre vos cet
            FRENCH ces cela celui celle ceux tout tous toute toutes autre autres même mêmes chaque quel quelle
            FRENCH quels quelles être avoir été était étaient ont avait avaient fait faire peut peuvent doit comme
            FRENCH comment quand où dont donc alors aussi très bien encore déjà jamais rien ainsi puis car si ni
            FRENCH ou là à entre sans sous vers chez après avant depuis pendant contre parce lorsque
            GERMAN einer einem einen eines kein keine keinen keiner sein seine seiner seinem seinen ihr ihre ihrer
            GERMAN ihrem ihren mein meine unser unsere diese dieser dieses diesem diesen jede jeder jedes alle
            GERMAN alles allen man mich mir dich dir ihm ihn uns euch wer was wie wo wenn weil dass daß oder aber
            GERMAN sondern doch denn also ob nach vor bis um über unter durch gegen ohne zwischen seit während zum
            GERMAN zur vom beim haben habe hat hatte hatten sind waren wäre wurde wurden würde worden kann können
            GERMAN konnte muss müssen soll sollte will wollen nur noch schon sehr mehr dann hier dort immer wieder
            GERMAN etwas nichts selbst jedoch sowie
            SPANISH esta esto estos estas ese esa eso aquel aquella ella ellos ellas nos les me te mi tu yo usted
            SPANISH ustedes nuestro nuestra todo toda todos todas otro otra otros otras mismo misma cada mucho
            SPANISH mucha muchos poco nada algo quien quienes cual cuales cuando donde desde hasta entre sobre sin
            SPANISH según contra durante antes después entonces así también tan tanto muy aunque pues ni o ser son
            SPANISH era eran está están estaba había han hay hace hacer tiene tienen puede pueden qué cómo
            ITALIAN lo uno questa questi queste quello quella quelli quelle dello degli dalla dalle dallo dagli
            ITALIAN nella nelle nello negli sulla sulle sul allo agli alle ai ed o se lui lei loro noi voi io mio
            ITALIAN mia suo sua suoi sue ci vi ne tutto tutta tutti tutte altro altra altri altre stesso molto
            ITALIAN poco ogni chi cui quale quali quando dove perché così quindi però ancora sempre già mai essere
            ITALIAN avere stato stata ha hanno ho aveva erano fu può possono deve fra tra verso senza sotto sopra
            ITALIAN dopo prima durante contro
            PORTUGUESE seu seus suas este esta estes estas esse essa isso isto aquele aquela ela eles elas eu me
            PORTUGUESE meu minha nosso nossa você vocês lhe todo toda todos todas outro outra outros outras mesmo
            PORTUGUESE mesma muito muita muitos cada quem qual quais quando onde pelo pela pelos pelas nos nas num
            PORTUGUESE numa aos à às até desde entre sobre sem sob após antes depois também já ainda só nem mas
            PORTUGUESE porque pois então assim é está estão estava era eram ter tem têm tinha havia há pode podem
            PORTUGUESE deve fazer
            DUTCH deze dit daar hier waar wat wie welke haar hem hun ons onze mijn jouw jullie zich zelf ik je jij
            DUTCH u ze zij wij men over onder tegen tussen zonder tijdens sinds tot of omdat hoewel terwijl want
            DUTCH toen nu dus toch al zo wel geen meer veel alle alles iets niets iemand ander andere weer altijd
            DUTCH heel heeft hebben had hadden heb was waren worden werd werden kan kunnen kon moet moeten moest
            DUTCH zal zullen zou zouden wil willen doen
            RUSSIAN чтобы была были быть есть будет будут они оно мы вы ты мне меня тебя него неё нее ему ей её ее
            RUSSIAN их им нам нас вам вас себя себе свой своя свои своих сам мой моя твой наш ваш весь всё всех
            RUSSIAN всего который которая которое которые которых этот эта эти этого этой тот того той том тем кто
            RUSSIAN чем чём где когда потом тогда там тут здесь уже ещё еще только даже тоже также очень можно
            RUSSIAN нужно может нет да ни ли бы вот для при про под над без между через перед после до об со во
            RUSSIAN потому поэтому
            GREEK στον στους στις στα τον ένας μία κι ή είτε ούτε μη μην αλλά όμως αν όταν όπως ότι πως πού γιατί
            GREEK δηλαδή επίσης μόνο πολύ πιο ακόμη ακόμα τώρα τότε εδώ εκεί αυτό αυτή αυτός αυτά αυτές αυτοί μας
            GREEK σας μου σου τι ποιος ποια ποιο όλα όλοι όλες όλη κάθε άλλο άλλη άλλα μετά πριν κατά παρά προς
            GREEK μέσα πάνω κάτω χωρίς έχει έχουν είχε είχαν έχω
            HEBREW אין אם כל כמו רק עוד היה הייתה היתה היו להיות זאת זו אלה אלו הם הן אתה אתם אנחנו אותו אותה אותם
            HEBREW שלו שלה שלהם שלי לו לה להם לי בו בה מה מי איך איפה כאשר כדי לכן אז כבר מאוד יותר אחרי לפני בין
            HEBREW תחת אשר אך עד מן אל
            ARABIC كانت كانوا يكون تكون ذلك تلك هؤلاء الذين هو هي هم نحن أنا أنت هناك هنا مع بعد قبل عند بين حتى
            ARABIC لكن ولكن كما كل بعض غير قد لقد لا لن ليس ليست إن أنه أنها أو ثم إذا لأن منذ خلال حول تحت فوق
            ARABIC دون أي كيف متى أين وقد وهو وهي به بها له لها لهم فيه فيها منه منها عليه عليها
            HINDI और का की के को में से पर ने यह वह ये वे इस उस इन उन एक कि जो तो भी ही नहीं हो होता होती होते हुआ
            HINDI हुई हुए कर करने करता करते किया गया गई गए रहा रही रहे या लिए साथ अपने अपना अपनी कुछ कोई सब मैं हम
            HINDI तुम आप जब तब अब फिर यदि लेकिन बहुत तक बाद पहले क्या क्यों कैसे कहाँ वाला वाले
            THAI และ ที่ ใน ของ เป็น มี ไม่ ได้ จะ ให้ ว่า กับ จาก แต่ หรือ ก็ นี้ นั้น อยู่ คือ โดย เพื่อ ถ้า
            THAI เมื่อ แล้ว ยัง มาก ด้วย ต้อง เขา เธอ เรา ฉัน ผม คุณ มัน พวกเขา ซึ่ง เพราะ อย่าง ถึง ตาม แค่ เพียง
            THAI กว่า ทุก บาง อื่น ไป มา
            CHINESE 我们 你们 他们 她们 它们 自己 这个 那个 这些 那些 这里 那里 这样 那样 什么 怎么 一个 一些 一种 没有 不是 就是 还是 但是 可是 可以 因为 所以 如果 虽然 而且
            CHINESE 或者 以及 并且 由于 对于 关于 已经 现在 时候 还有 只是 不能 不会 也是 都是 我們 你們 他們 她們 這個 那個 這些 這裡 那裡 這樣 那樣 什麼 怎麼 一個 一種 沒有
            CHINESE 還是 因為 雖然 並且 由於 對於 關於 已經 現在 時候 還有 不會
            JAPANESE した して する から ます です ました ません でした ない なかった いる いた ある あった れる られる という として について による によって ため ために こと もの
            JAPANESE それ これ あれ その この あの ここ そこ など まで より ので のに でも だけ しか ても だった である であり では には とは への との での また そして しかし
            JAPANESE だから ただ なら なり なる なった できる ように ような よう そう どう もう まだ
            KOREAN 그 이 저 것 수 더 안 못 및 그리고 그러나 하지만 그래서 그런데 또는 또한 있다 없다 있는 없는 있었다 없었다 하는 한다 했다 하고 하지 하여 해서 된다 되는 됐다
            KOREAN 되었다 이다 아니다 우리 우리는 나는 저는 그는 그녀는 그들은 이것 그것 저것 이것은 그것은 여기 거기 때문에 위해 위한 대한 대해 통해 따라 의해 함께 다시 매우 아주
            KOREAN 가장 모든 어떤 무슨 이런 그런 같은 같이
            """;

    private static final Map<Language, Set<String>> WORDS = words();
    private static final int LONGEST_CLITIC = 2;

    private FunctionWords() {}

    private static Map<Language, Set<String>> words() {
        Map<Language, Set<String>> words = new EnumMap<>(Language.class);
        for (String line : LINES.lines().toList()) {
            List<String> parts = List.of(line.split(" ", -1));
            words.computeIfAbsent(Language.valueOf(parts.getFirst()), _ -> new HashSet<>())
                    .addAll(parts.subList(1, parts.size()));
        }
        return words;
    }

    /// Whether a word of a context is one. A contraction is one when each of its parts is one or is too
    /// short to be anything else: `they'll`, `what's`, `qu'il`, but not `king's`.
    ///
    /// @param word in lower case
    /// @param language of the context; where it is not certain, words of all languages count
    static boolean contains(String word, Optional<Language> language) {
        String plain = Normalizer.normalize(word, Normalizer.Form.NFC).replace('\u2019', '\'');
        if (isOne(plain, language) || plain.endsWith("n't")) {
            return true;
        }
        return plain.indexOf('\'') >= 0
                && Arrays.stream(plain.split("'"))
                        .allMatch(part -> part.length() <= LONGEST_CLITIC || isOne(part, language));
    }

    private static boolean isOne(String word, Optional<Language> language) {
        return isOf(word, Language.ENGLISH)
                || language.map(known -> isOf(word, known))
                        .orElseGet(() -> Arrays.stream(Language.values()).anyMatch(any -> isOf(word, any)));
    }

    private static boolean isOf(String word, Language language) {
        return language.isToldBy(word) || WORDS.getOrDefault(language, Set.of()).contains(word);
    }
}
