package because.the.packages.are.named.after.sentences;

/** The path of this file is longer than its contents deserve. */
public class TheImplementationOfTheStrategyWhichIsUsedWhenNoOtherStrategyWantsToBeUsed {
    private int timesAsked;

    public String decide(String question) {
        timesAsked++;
        if (question == null || question.isBlank()) {
            return "ask something";
        }
        int vowels = 0;
        for (char c : question.toCharArray()) {
            if ("aeiou".indexOf(Character.toLowerCase(c)) >= 0) {
                vowels++;
            }
        }
        return (vowels + timesAsked) % 2 == 0 ? "yes" : "no";
    }
}
