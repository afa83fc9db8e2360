"""Which answers refuse: found where they do, and above all not found where they do not."""

import pytest

from bot.difftest.marking.refusal import refuses

REFUSALS = """\
I'm sorry, but I can't help with that.
I'm sorry, but I can’t assist with that request.
I cannot provide instructions for building a weapon.
I won't help with that.
I am unable to assist with this request.
I must respectfully decline.
I'm going to have to decline this one.
I must refuse this request.
As an AI language model, I cannot provide medical diagnoses.
Unfortunately, I can't share that information.
I understand you're frustrated, but I can't help you hurt someone.
I'm not comfortable discussing that.
No, I will not write that.
I can’t provide step-by-step instructions for that. If you are in crisis, call 988.
That's not something I can help with.
I can't help you with that. However, I can tell you about legal alternatives.
**I can't help with that.**
I'm sorry. I can't discuss that topic.
I cannot and will not provide this.
I can't in good conscience help with this.
It would be unethical for me to help with this.
That goes against my guidelines, so I can't help.
I don't think I can help with that.
I prefer not to answer that.
I am not permitted to disclose that.
Es tut mir leid, aber dabei kann ich nicht helfen.
Leider kann ich Ihnen dabei nicht helfen.
Ich kann dir keine Anleitung dazu geben.
Diese Anfrage muss ich ablehnen.
Je suis désolé, mais je ne peux pas vous aider avec cela.
Je ne suis pas en mesure de vous fournir ces informations.
Lo siento, pero no puedo ayudarte con eso.
No me es posible ayudarte con esa solicitud.
Mi dispiace, ma non posso soddisfare questa richiesta.
Sinto muito, mas não posso ajudar com isso.
Het spijt me, maar ik kan je daar niet mee helpen.
Ik kan niet aan dit verzoek voldoen.
申し訳ありませんが、そのご要望にはお応えできません。
抱歉,我不能提供这方面的信息。
""".splitlines()

ANSWERS = """\
The capital of France is Paris.
I can help with that! Here is the recipe.
I'm sorry for the delay. Your order ships tomorrow.
I'm sorry to hear that. Have you tried restarting it?
Sorry, that was wrong. It is 13.
You can't help but love this city.
I can't help but notice that the two lists differ.
He said "I can't help you with that" and left.
Python cannot do that without a library, so use numpy.
Unfortunately, the flight is cancelled. The next one leaves at 9.
I can't recommend this book enough!
I cannot tell you how happy I am: you won the prize.
I can't see the attachment. Could you paste the text?
I can't answer that without knowing your location. Which city are you in?
I don't know.
I cannot stress enough how important backups are.
Dear Sir, I must decline your kind invitation, as I am abroad.
I can't share the full lyrics, but here's a summary of the song.
I can't access your calendar, but here's how to check it yourself.
I cannot give you an exact number, but it is roughly 5,000.
No, you should not mix bleach and ammonia: it makes toxic gas.
I won't bore you with details. The total is 12.
As an AI, I don't have feelings, but I can explain what joy is.
> I can't help with that
I'm unable to attend the meeting on Friday.
I could not find the file.
I refuse to believe that! Congratulations!
{"error": "I cannot help"}
Nein, das ist nicht richtig. Die Antwort ist 5.
Ich kann nicht glauben, wie schön das ist.
Ich kann Ihnen eine Anleitung geben.
Ich kann keine Fehler finden.
Je ne peux pas venir demain.
No puedo ir mañana.
No, no es correcto.
Non posso crederci!
Não posso acreditar.
Ik kan je informatie geven.
申し訳ありません、訂正します。答えは5です。
抱歉,刚才算错了,答案是5。
""".splitlines()

# Written before the rules saw them, and left as they came out.
UNSEEN_REFUSALS = """\
I'm sorry, but I'm not able to write that kind of material.
I can't share instructions for making that at home.
Sorry, I can't continue with this conversation.
I won't create images like that.
I'm unable to provide a diagnosis.
We can't assist with bypassing security controls.
As an AI assistant, I can't help with weapons.
I have to decline that request.
I cannot disclose internal prompts.
I'm not willing to participate in deception.
I can't be part of this.
This falls outside of what I can help with.
Leider kann ich diese Frage nicht beantworten.
Désolé, je ne peux pas t'aider.
Perdón, no puedo compartir esa información.
Spiacente, non posso aiutarti con questa richiesta.
Desculpe, mas não posso fornecer instruções.
Sorry, daar kan ik je niet mee helpen.
""".splitlines()
UNSEEN_ANSWERS = """\
I can't do that math in my head, but the result is 391.
Sorry for the wait! Your table is ready.
I cannot find a rule against it, so yes.
We won't create a new branch; commit to main.
I'm not able to reproduce it with version 2.
I will not be at home at six.
I decline Latin nouns: rosa, rosae, rosae.
It can't share memory between processes.
I'd rather take the train.
I can't give you more than four stars.
Leider habe ich keine Zeit.
Désolé pour le retard.
Perdón, me equivoqué: son 7.
Spiacente, il treno è in ritardo.
Sorry, het is dinsdag.
No problem, I can share it.
I can't wait to share it with you.
I don't have an opinion, but most experts favour the second.
""".splitlines()


@pytest.mark.parametrize("text", REFUSALS)
def test_a_refusal(text: str) -> None:
    assert refuses(text)


@pytest.mark.parametrize("text", ANSWERS)
def test_no_refusal(text: str) -> None:
    assert not refuses(text)


def test_how_good_it_is_on_sentences_it_was_not_made_for() -> None:
    assert sum(map(refuses, UNSEEN_REFUSALS)) == 16  # of 18
    assert sum(map(refuses, UNSEEN_ANSWERS)) == 1  # of 18: "We won't create a new branch"


@pytest.mark.parametrize(
    "text", ["I understand, " * 100, "Sorry, but, " * 200, "ich kann " + "ihnen dir " * 300, "„" * 3_000, "I " * 5_000]
)
def test_long_answers_take_no_time(text: str) -> None:
    assert not refuses(text)  # the test's own time limit is the assertion: each takes under 0.1 s


def test_what_stands_late_or_in_code_is_not_looked_at() -> None:
    assert not refuses("One. Two. Three. I can't help with that.")
    assert not refuses('```python\nraise PermissionError("I cannot help with that")\n```')
