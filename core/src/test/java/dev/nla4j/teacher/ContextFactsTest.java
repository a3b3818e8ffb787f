package dev.nla4j.teacher;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ContextFactsTest {
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '|',
            value = {
                "The king was in the garden and his men were with him at the wall,ENGLISH",
                "Le roi est dans le jardin et les hommes sont avec lui,FRENCH",
                "Der König ist in dem Garten und die Männer sind mit ihm,GERMAN",
                "El rey está en el jardín y los hombres de la casa no lo ven,SPANISH",
                "Он сказал что это был дом и он не знал,RUSSIAN",
                "我们今天去公园看花,CHINESE",
                "Это был дом и он не знал что мы ждали,RUSSIAN",
                "De man is in het huis en hij heeft niet aan ons gedacht,DUTCH",
                "O homem não está em casa mas ele foi ao mercado com uma amiga,PORTUGUESE",
                "Il gatto non è nella casa ma è sono con gli amici della nonna,ITALIAN",
                "هذا الرجل في البيت على الطريق,ARABIC",
                "यह घर बहुत बड़ा है,HINDI",
                "今日は公園に行きます,JAPANESE",
                "오늘은 공원에 갑니다,KOREAN",
                "Ο βασιλιάς ήταν στον κήπο και οι άνδρες,GREEK",
                "我们去了优の良品，他说很好,CHINESE",
                "我們今天去公園看花,CHINESE",
                "优の良品专卖店今天开业,CHINESE",
                "|for i in range(10):\n# This is the way to go on with it as he and his men were at the wall for,|,ENGLISH",
            })
    void a_language_is_told_by_its_script_or_its_function_words(String context, Language language) {
        assertThat(ContextFacts.of(context).language()).contains(language);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Kant, Hegel, Marx",
                "12 34 !!",
                "x = y + z",
                "costs $7.20 per hour. 1 plus 1 plus 2 plus 3 plus 4",
                "| Y | Y | Y | Y | N |",
                "Han er ikke den mand som var her, og jeg er på vej til en by med ham",
                "Die man is nie in die huis nie en hy het aan ons gedink om te kom",
                "Mies on talossa ja hän ei ole se joka oli he ja on mutta",
                "A férfi a házban volt és nem is tudta hogy be van zárva ez az ajtó",
                "To jest dom w którym mieszka pan i nie ma tam nic za to jak się do niego idzie",
                "Omul nu este în casă și o femeie cu care a venit la noi din oraș se întreabă",
                "L'home no és a la casa i els amics amb una dona del poble que les va veure",
                "Той не е в къщата и не знае къде е това или онова, как да отиде там",
                "Он је у кући и не зна шта је то или како да иде на пут",
                "Мектепте он беш же он алты класс бар, ар бир класста отуз окуучу окуйт, эрте өтө",
                "این مرد در خانه است و من او را می‌بینم",
                "हे घर मोठे आहे आणि ते का की",
                "דער מענטש איז נישט אין שטוב און די פרוי",
                "東京証券取引所株価上昇",
                "π = 3.14159 26535 89793 23846",
                "4.7 Ω, 10 Ω, 22 Ω",
                "Αριθμός Τηλέφωνο Διεύθυνση",
                "外国為替市場、円高進行",
                "国際的経済協力",
                "من به خانه مي روم و او را مي بينم",
                "for i in range(10):\n    if i not in seen and i is not None:\n        for j in",
                "SELECT name FROM users WHERE id IS NOT NULL AND age IN (x) AND city NOT IN (y) OR z IS NULL",
                "一二三",
            })
    void a_language_without_proof_is_not_named(String context) {
        assertThat(ContextFacts.of(context).language()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '|',
            value = {
                "CODE,def add(a_ b):\\n    return (a + b)\\nx = add(1_ 2);\\n",
                "CODE,Run this:\\n```rust\\nlet mut x",
                "LIST,Things to bring:\\n- water\\n- a warm",
                "LIST,1. wash\\n2. dry the",
                "DIALOGUE,|He said. \"Come in.\" She waited. \"No.\" The door|",
                "QUESTION,|Where are you going?|",
                "QUESTION,|\"Where are you going?\" he asked and|",
                "OPEN_QUOTATION,|He turned and said. \"Not before the|",
                "OPEN_QUOTATION,He turned and said. “Not before the",
                "HEADING,text before\\n## How to build",
                "HEADING,text before\\n\\nTHE LAST OF THE",
                "HEADING,That is how it was done.\\n\\n# What is",
                "HEADING,That was it.\\n\\nCHAPTER IV. The",
                "CODE,|x = 1;\\ny = a[x];|",
                "CODE,|self.check(names[0])\\nresult = self.other(names)|",
                "CODE,|    size = get(other)\\n    log.info(name(size))|",
                "DIALOGUE,|\"Come in_\" he said; \"it is cold.\" She|",
                "DIALOGUE,|She said: \"I see.\" He said: \"Come_ Watson!\" and they|",
                "DIALOGUE,|—“Come in!” — he said.\n“It is cold_” she|",
                "QUESTION,क्या आप जानते हैं?",
                "QUESTION,ما هذا؟ هو",
                "QUESTION,|« Où vas-tu\u00a0? » demanda-t-il|",
                "OPEN_QUOTATION,|He said. \"|",
                "OPEN_QUOTATION,|Il a dit : «Bonjour|",
                "OPEN_QUOTATION,|Han sagde »Goddag|",
                "LIST,|The steps:\n- Is it ready?\n- Who is the one that is|",
                "NUMBER,on pages 5-8",
                "NUMBER,it cost 12",
                "NUMBER,in the year 1834",
                "USER_TURN,system\\nYou help.\\nuser\\nHi there",
                "ASSISTANT_TURN,system\\nYou help.\\nuser\\nHi\\nassistant\\nHello and",
                "ASSISTANT_TURN,system\\n\\nYou help.\\n\\nuser\\n\\nWhat is X?assistant\\n\\nX is",
                "ASSISTANT_TURN,user\\nHi\\nmodel\\nHello",
                "USER_TURN,user\\n\\nHi.assistant\\n\\nHello!user\\n\\nWhat is",
                "PAST_TENSE,The king was in the garden and the men were with him and they had no bread",
                "PRESENT_TENSE,The king is in the garden and the men are with him and there is no bread",
                "PRESENT_TENSE,The steps that are needed for this are listed in the advanced guide and the form is used by all",
                "PAST_TENSE,|The king's men were in the garden and he didn't see that they had no bread as it was|",
                "LIST,|1. wash the long\none\n2. dry the|",
                "LIST,|The fruits\n- Apple\n- Banana|",
                "LIST,|You do this:\n- You wash the\n- You dry the|",
                "OPEN_QUOTATION,|a 5\" pipe of 6\" and he said, \"Not|",
                "HEADING,|He went out and closed the door.\n\nHOUSE RULES FOR GUESTS AND|",
                "PRESENT_TENSE,The best bread is made in the garden and the other ones are found there by the men",
                "LIST,|The steps:\n* wash the cup\n* dry the|",
                "LIST,|The steps:\n  * wash the cup\n  * dry the|",
                "LIST,|The steps:\n+ wash the cup\n+ dry the|",
                "PAST_TENSE,|He was in the house when the men came_ and it always seemed as if it was hers|",
                "PAST_TENSE,|The men who had come across the wall were tired_ and they had to have bread|",
                "CODE,|for (i = 0; i < n; i++) {\n    a[i] = 0;\n}|",
                "CODE,|if (a[0] == 1) {\n    b[0] = 2; }|",
                "CODE,|x = [a];\ny = x[b];|",
                "HEADING,|It was so.\n\nTHE HOUSE OF THE|",
                "HEADING,|- water for all of the men.\n\n# What is|",
                "HEADING,|“it is done for all of them.”\n\n# What is|",
                "DIALOGUE,|\"Hello there_ friend_\" he said. \"How are you today?\" She|",
                "QUESTION,|He took the pawn on e4. Was it a good move? I|",
                "QUESTION,|select the name (of the user_ or so)? Yes|",
                "QUESTION,|Have you heard of Web3?|",
                "QUESTION,|Which of them is better_ vue2 or vue3?|",
                "CODE,|.a { color: red; }\n.b { margin: 0; padding: 0; }|",
                "CODE,|    public int getAge() { return age; }\n    public int getSize() { return size; }|",
                "CODE,|{\"id\": 1_ \"text\": \"abc\"}\n{\"id\": 2_ \"text\": \"def\"}\n{\"id\": 3_ \"te|",
                "CODE,|    [self setup];\n    [self start];\n}\n\n- (void)stop {\n    [self pause];\n    [self reset];\n}\n|",
                "HEADING,|It was so.\n\nIV\n\nTHE RETURN OF THE NATIVE|",
                "LIST,|The steps:\n * wash the cup\n * dry the|",
                "LIST,|The steps:\n-\twash the cup\n-\tdry the|",
                "PAST_TENSE,|He was born in May 1950 and was educated in the town where they had a house|",
                "PAST_TENSE,|How many eggs did she have after the hens were sold_ when there had been twelve|",
            })
    void a_fact_is_seen(Kind kind, String context) {
        String text = context.replace("\\n", "\n").replace("_", ",");
        assertThat(ContextFacts.of(text).kinds()).contains(kind);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '|',
            value = {
                "CODE,The room (which was large) had a table; it stood there.",
                "LIST,Things to bring - water and a warm coat",
                "DIALOGUE,He went home without a word and slept.",
                "QUESTION,Where are you going? Home. Then he left",
                "OPEN_QUOTATION,|He said \"never\" and left|",
                "OPEN_QUOTATION,|He said \"never\"|",
                "HEADING,He wrote a letter to NASA",
                "NUMBER,in the year 1834 he",
                "USER_TURN,the user\\nwas here",
                "ASSISTANT_TURN,an assistant helped",
                "CODE,|(a) the goods (if any);\n(b) the price (if any);|",
                "CODE,|the most\nimportant (as we saw) thing;\nusers (of it) and others;|",
                "CODE,|Therefore 1 = .05(Number of minutes)\nSo x = 2(Number of days)|",
                "CODE,|Look:\n```text\nall of it is prose|",
                "LIST,* * *",
                "LIST,|It ended on the\n12. It was cold|",
                "LIST,|with love,\n- John|",
                "LIST,|– Bonjour, dit-il\n– Adieu, dit-elle|",
                "DIALOGUE,|We speak of “New Criticism” and of “deconstruction” here|",
                "DIALOGUE,|words like \"freedom,\" \"justice,\" and others|",
                "DIALOGUE,|from “they are wrong” to “tell me more” and|",
                "QUESTION,a strange (why?) thing",
                "QUESTION,Nf3? exd5 then",
                "QUESTION,Who framed Roger Rabbit? and other films",
                "QUESTION,何ですか？これは本です。はい",
                "OPEN_QUOTATION,|Er sagte „Guten Tag“ und|",
                "OPEN_QUOTATION,|Han sagde »Goddag« og|",
                "OPEN_QUOTATION,|He said, \"But I—\"|",
                "USER_TURN,system\\n\\nYou help.\\n\\nuser\\n\\nThanks a lotassistant\\n\\nYou are",
                "OPEN_QUOTATION,|he said , \" go away \"|",
                "HEADING,Chapter 6 will look at this",
                "HEADING,BOOK 3 was the one",
                "HEADING,|port: 80\n# the name|",
                "HEADING,|left.\nGET OUT OF HERE NOW!|",
                "HEADING,|THE SOFTWARE IS PROVIDED AS IS AND\nWITHOUT WARRANTY OF ANY KIND|",
                "NUMBER,an old mp3",
                "NUMBER,the code is H2",
                "NUMBER,aGVsbG8gd29ybGQx64",
                "PAST_TENSE,The king was in the garden and is there still and was there before",
                "OPEN_QUOTATION,|Il a dit : « Bonjour », dit-il en entrant dans la|",
                "OPEN_QUOTATION,|Il a dit : «\u00a0Bonjour\u00a0», dit-il en entrant dans la|",
                "OPEN_QUOTATION,|Il a dit : « Bonjour »|",
                "OPEN_QUOTATION,|komme morgen.“ Dann ging er|",
                "OPEN_QUOTATION,|going home,\" he said, \"but I—\"|",
                "OPEN_QUOTATION,|\", he said and went|",
                "CODE,|- [One](http://a.b/c)\n- [Two](http://a.b/d)|",
                "CODE,|use [One](a_b)\nfrom [Two](c_d)|",
                "CODE,|2024-01-01 [INFO] Started (port=80)\n2024-01-01 [INFO] Stopped (port=80)|",
                "CODE,|[1] A. Smith. On things. (2001)\n[2] B. Jones. On others. (2002)|",
                "CODE,|f(x) = g(x)\ng(x) = h(x)|",
                "CODE,|y = f(x)\nz = g(y)|",
                "CODE,|<bob> hi :)\n<ann> hello :)|",
                "CODE,|(_Exit HAMLET._)\n(_Enter GHOST._)|",
                "CODE,|the house; the land;\nthe car; the horse;|",
                "HEADING,|import os\nimport sys\n\n# Read the config|",
                "HEADING,|FROM python:3.9\n# Install the|",
                "HEADING,|cd /opt\n# Build the|",
                "HEADING,|# Copyright 2020 The|",
                "HEADING,|It is done so:\n```\ncd /opt\n\n## Build the|",
                "HEADING,|as explained in\nChapter 6. That is why we|",
                "HEADING,|CONTENTS\n\nCHAPTER I. The Idle Apprentice 75 II. Thames Darrell 88 III. The Jacobite 99 IV. The|",
                "HEADING,|text\n\nSELECT * FROM USERS|",
                "HEADING,|text\n\nA + B + C + D = E|",
                "HEADING,|text\n\n2020-01-01 ERROR TIMEOUT|",
                "HEADING,|text\n\nTHE SOFTWARE IS PROVIDED|",
                "HEADING,AND WITHOUT WARRANTY OF",
                "PRESENT_TENSE,|\"Is he well?--is he safe?--is he coming back,\" cried the little girl, disregarding|",
                "PRESENT_TENSE,|\"He is here and she is too,\" they shouted from the door|",
                "PAST_TENSE,|It's what he said, isn't it? I don't know what you did, but that's|",
                "PAST_TENSE,|It’s what he said and what they did with it in the house of his father and they have not|",
                "PAST_TENSE,The said Lessee shall pay the said rent to the owner and it shall be for the term of this",
                "DIALOGUE,|\"Mighty Like a Rose,\" set to music by Ethelbert Nevin, and \"Just a-Wearying for You,\"|",
                "DIALOGUE,|He called it \"New Criticism.\" Others say \"deconstruction.\"|",
                "DIALOGUE,|the prefixes: \"un-\" and, \"re-\" too|",
                "QUESTION,क्या आप जानते हैं? यह घर बड़ा है। और",
                "QUESTION,Why? *Because it is.* Then",
                "QUESTION,Who won? Nobody did.[12] The",
                "QUESTION,|« Où ? — Nulle part.» Il|",
                "QUESTION,|Where? I do not … It|",
                "QUESTION,|val name: String? = null,|",
                "QUESTION,x ? 1 : 0",
                "NUMBER,|it cost 12\n|",
                "NUMBER,written in UTF-8",
                "LIST,|- Bonjour, dit-il\n- Adieu, dit-elle|",
                "LIST,|- Ça va ?\n- Oui, et toi|",
                "LIST,|- Hola -dijo Juan\n- Adios|",
                "LIST,|- old\n+ new\n- other|",
                "LIST,|- Where are you?\n- I am in the house and it is|",
                "LIST,|It was the end of it.\n- Come here!\n- I will not go with you to the|",
                "DIALOGUE,|His best films are these: \"Gone with the Wind,\" \"Rear Window,\" and \"The Birds.\" They|",
                "USER_TURN,|a word list\nmodel\nuser|",
                "ASSISTANT_TURN,|model\nsystem\nassistant|",
                "USER_TURN,|user\n\nWhat is it?assistant\n\nIt is called\nMulti-user\n\nand|",
                "PRESENT_TENSE,|The first train left Boston at 10 am and got there at 11 am. Everybody stood still and nobody|",
                "PRESENT_TENSE,|Scientists hoped to do more but failed to do so in the end and the team of the house|",
                "PAST_TENSE,|If I were you and had the time and the house were mine I would go to the|",
                "PAST_TENSE,|He was to leave tomorrow and it was the day on which we will go to the|",
                "HEADING,|He sold 48 clips in April and 24 more in May.\n#### 72|",
                "HEADING,|It was the best machine in those days.\n\nIBM PC|",
                "HEADING,|He went out and closed the door.\n\nLADY MACBETH|",
                "QUESTION,|SELECT * FROM users WHERE id = ? AND|",
                "QUESTION,彼女は「最近どう？」と聞き",
                "QUESTION,他问：“你是谁？”然后",
                "CODE,|This is \\textbf{very} important for \\emph{you}\nand this is \\textbf{also} so for \\emph{me}|",
                "LIST,|- I saw him at the station.\n- You must be wrong.\n- I know what I saw.|",
                "LIST,|- Well, it was in the house.\n- No. It was not in the|",
                "LIST,|Er war in dem Lager, und das vom\n12. Mai 1940 und nicht bis zum\n13. Juni 1941 mit der|",
                "LIST,|It was so under section\n12. The court held that section\n13. does not|",
                "LIST,|12. Mai 1940 war er bei uns und nicht bis zum\n30. Juni 1941 mit der|",
                "LIST,|\"To be or not to be.\"\n- William Shakespeare\n\"Be yourself.\"\n- Oscar Wilde|",
                "LIST,|- \"To be or not to be.\"\n- William Shakespeare|",
                "LIST,|Thanks\n- Bob\nSure!\n- Alice|",
                "QUESTION,the film Who's Afraid of Virginia Woolf? (1966) and",
                "QUESTION,born in Rome in 1450? – died",
                "OPEN_QUOTATION,|size: \"12|",
                "OPEN_QUOTATION,|a pipe of 12 \"|",
                "DIALOGUE,|See Smith, \"the end of time.\" And Jones, \"a short way.\" They|",
                "DIALOGUE,|run, \"to move fast.\" walk, \"to move slowly.\"|",
                "DIALOGUE,|one: {\"a\": \"Come in.\", \"b\": \"It is cold.\", |",
                "DIALOGUE,|1,2\n\"Come in.\",\"It is cold.\"\n\"So it is.\",|",
                "USER_TURN,|system\nroot\nuser\nalice|",
                "ASSISTANT_TURN,|user\nalice\nmodel\ngpt|",
                "PRESENT_TENSE,|The house is old and the men are here. Everybody stood at the wall and nobody|",
                "PRESENT_TENSE,|The house is old and the men are here. My brother slept in the garden|",
                "PRESENT_TENSE,|The house is old and the men are here. She told nobody of the garden|",
                "PRESENT_TENSE,|The house is old and the men are here. My brother left the garden and|",
                "PAST_TENSE,|I wish I were at the house and had the time that was mine|",
                "HEADING,|He went out and closed the door.\n\nI HATE YOU SO MUCH AND|",
                "HEADING,|These are the ones that went up.\n\nAAPL MSFT GOOG AMZN TSLA|",
                "HEADING,|Then it is set by hand, as here.\n# The name|",
                "DIALOGUE,|[1] A. Smith, \"A new method for image segmentation,\" IEEE Trans., vol. 3.\n[2] C. Doe, \"Learning features for large graphs,\" in|",
                "DIALOGUE,|Her singles were \"How Will I Know,\" \"I Wanna Dance with Somebody,\" \"I Have Nothing,\" and|",
                "CODE,|a function such that:\n(1) d(x, y) >= 0;\n(2) d(x, y) = 0 if and only if x = y;\n(3) d(x, y) = d(y, x);\n(4) d(x|",
                "CODE,|The notice must state:\n(a) the name(s) and address(es) of the applicant(s);\n(b) the date(s) and time(s) of the event(s);\n(c) the|",
                "PAST_TENSE,|Set the fence of the table saw to three inches. Then use a miter saw to cut them and sand the edges with|",
                "PRESENT_TENSE,|The club is based in Leeds and is the oldest in the county. It won the cup in 1911 and|",
                "PRESENT_TENSE,|The house is old and the men are here. My brother rode along the wall and|",
                "HEADING,|It is so by any prior agreement.\n\nTO THE FULLEST EXTENT PERMITTED BY|",
                "QUESTION,|It is at https://www.example.com/watch?|",
                "LIST,|/*\n * Licensed under the Apache License, Version 2.0 (the \"License\");\n"
                        + " * you may not use this file except in compliance with the License.\n"
                        + " * You may obtain a copy of the License at|",
                "LIST,|    /**\n     * Opens the file.\n     * The file must be|",
                "LIST,|\t * Opens the file.\n\t * The file must be|",
                "LIST,|/*\n* Opens the file.\n* The file must be|",
                "LIST,|@@ -0,0 +1,4 @@\n+def mean(items):\n+    total = 0\n+    for item in items:\n+        total|",
                "LIST,|-    total = 0\n-    for item in items:\n-        total|",
                "PAST_TENSE,|Any person who was employed by the Board and who had attained the age of sixty shall be"
                        + " entitled to a pension, and the Board may|",
                "PAST_TENSE,|Tom works as a clerk in the shop where his father was killed. When he finds the letters"
                        + " that were hidden in the wall, he tells his wife and|",
                "PAST_TENSE,|We have found the files that were lost when the disk was full, and we have|",
                "PAST_TENSE,|Users can open the files that were created when the program was installed, and they can|",
                "PRESENT_TENSE,|Would they have come to the house? We have no bread, as they have to|",
                "CODE,|Let A = {1, 2, 3, 4}\nand B = {3, 4, 5, 6}|",
                "CODE,|WHEREAS, [Company] is engaged in the business of [Business];\n"
                        + "WHEREAS, [Consultant] has experience in the field of [Field];|",
                "CODE,|WHEREAS, [name of the seller] is [____];\nWHEREAS, [name of the buyer] is [____];|",
                "CODE,|DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\n"
                        + "        d=example.com; s=mail; t=1700000000;\n"
                        + "        h=from:to:subject:date; bh=abc=;|",
                "CODE,|To: Bob <b@x.com>; Carol <c@x.com>;\nTo: Bob <b@x.com>; Carol <c@x.com>;|",
                "CODE,|2024-01-01T10:00:00Z INFO request done {\"id\": 5, \"user\": \"bob\"}\n"
                        + "2024-01-01T10:00:00Z INFO request done {\"id\": 5, \"user\": \"bob\"}|",
                "CODE,|10:00:00 [INFO] port=80;\n10:00:01 [INFO] port=81;|",
                "HEADING,|THE COURT FINDS THAT THE DEFENDANT WAS PRESENT AT THE SCENE OF THE CRIME ON THE NIGHT IN"
                        + " QUESTION AND DID NOT LEAVE.\n\nTHE JURY HEARD FROM THE|",
                "HEADING,|You agree to this.\n\nUNDER NO CIRCUMSTANCES AND UNDER NO LEGAL THEORY|",
                "HEADING,|#!/bin/bash\necho \"The backup of the files is done.\"\n\n# Remove the old|",
                "HEADING,|echo \"The backup of the files is done.\"\n\n# Remove the old|",
                "HEADING,|#!/bin/bash\necho \"The backup of the files is done.\"\n\n## Remove the old|",
                "HEADING,|These are the ones that went up.\n\nAAPL ALL NOW CAN|",
                "DIALOGUE,|greetings = [\n    \"Hello there, friend.\",\n    \"How are you today?\",\n"
                        + "    \"It is nice to|",
                "DIALOGUE,|[\"Hello there, friend.\", \"How are you today?\", |",
                "QUESTION,|1. e4 e5 2. Nf3 Nc6 3. Bc4 Nd4? 4|",
                "QUESTION,|12. Nf3? Bg4|",
                "LIST,|cense, Version 2.0;\n * you may not use this\n * You may obtain a copy\n *\n *     of it\n *\n * Unless it is so\n * it is|",
                "LIST,|-\tfoo()\n-\tbar()|",
                "CODE,|[Company] shall pay [Amount];\n[Client] shall pay [Fee];|",
                "LIST,|    [self start];\n}\n\n- (void)stop {\n    [self pause];\n    [self reset];\n}\n\n- (void)setup|",
                "OPEN_QUOTATION,|{\"id\": 1, \"text\": \"abc\"}\n{\"id\": 2, \"text\": \"def\"}\n{\"id\": 3, \"te|",
                "QUESTION,|31. Qxb7+? Kd8|",
                "QUESTION,|select name\nfrom users\nwhere id = ?|",
            })
    void a_fact_is_not_imagined(Kind kind, String context) {
        assertThat(ContextFacts.of(context.replace("\\n", "\n")).kinds()).doesNotContain(kind);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '|',
            value = {
                "LIST,|- a\n- b\n|",
                "LIST,|- a long item that\ngoes on here|",
                "LIST,1、 水",
                "LIST,◦ water",
                "CODE,<p>It is here</p>",
                "CODE,SELECT a FROM b",
                "CODE,|name: foo\nport: http|",
                "CODE,|puts\nend|",
                "CODE,add :: Int -> Int -> Int",
                "QUESTION,¿Dónde",
                "DIALOGUE,'You are late' she said",
                "DIALOGUE,ALICE: hi",
                "DIALOGUE,『はい』と",
                "DIALOGUE,- Hola. dijo",
                "HEADING,|The Title\n=====|",
                "HEADING,<h1>The title",
                "HEADING,\\section{The title",
                "HEADING,== The title ==",
                "HEADING,第一章 はじめ",
                "HEADING,|It was so.\n\nThe last of the|",
                "HEADING,|## The title\n|",
                "OPEN_QUOTATION,『はい",
                "OPEN_QUOTATION,he said 'come",
                "NUMBER,|it costs 12 |",
            })
    void what_may_be_so_is_neither_right_nor_wrong(Kind kind, String context) {
        assertThat(ContextFacts.of(context.replace("\\n", "\n")).holds(kind)).isEmpty();
    }

    @Test
    void what_looks_so_and_is_not_proved_is_neither_right_nor_wrong() {
        assertThat(ContextFacts.of("‘You are late,’ she said. ‘I know.’").holds(Kind.DIALOGUE))
                .isEmpty();
        assertThat(ContextFacts.of("a strange (why?) thing").holds(Kind.QUESTION))
                .isEmpty();
        assertThat(ContextFacts.of("a) the first").holds(Kind.LIST)).isEmpty();
        assertThat(ContextFacts.of("x = compute(3);").holds(Kind.CODE)).isEmpty();
        ContextFacts plain = ContextFacts.of("A plain sentence without anything in it");
        for (Kind kind : new Kind[] {Kind.DIALOGUE, Kind.QUESTION, Kind.LIST, Kind.CODE, Kind.NUMBER, Kind.HEADING}) {
            assertThat(plain.holds(kind)).as(kind.name()).contains(false);
        }
    }

    @Test
    void a_table_is_no_heading() {
        assertThat(ContextFacts.of("text\n\n| NAME | AGE").kinds()).isEmpty();
    }

    @Test
    void an_article_before_a_fact_says_no_more() {
        assertThat(Kind.of("The Question")).contains(Kind.QUESTION);
        assertThat(Kind.of("a list")).contains(Kind.LIST);
        assertThat(Kind.of("an open  quotation")).contains(Kind.OPEN_QUOTATION);
        assertThat(Kind.of("another list")).isEmpty();
    }

    @Test
    void a_tense_is_judged_only_where_there_is_one() {
        assertThat(ContextFacts.of("no verbs here").holds(Kind.PAST_TENSE)).isEmpty();
        ContextFacts past = ContextFacts.of("The king was in the garden and the men were with him as he had said");
        assertThat(past.holds(Kind.PAST_TENSE)).isEqualTo(Optional.of(true));
        assertThat(past.holds(Kind.PRESENT_TENSE)).isEqualTo(Optional.of(false));
    }
}
