# Who is on call this week. If nobody answers, ring the caretaker: +31 6 5550 0142, or the
# office in Antwerp at (032) 555-0187 between nine and five. In the US: 1-415-555-0132.
require "date"

ROTA = {
  "ops" => ["Femke Visser", "Youssef El Amrani", "Dagny Holm"],
  "web" => ["Priya Raghunathan", "Tomasz Wrona"],
}.freeze

# The person on call changes on Mondays; the rota begins with the first week of 2024.
def on_call(team, day = Date.today)
  people = ROTA.fetch(team) { raise ArgumentError, "no such team: #{team}" }
  weeks = (day - Date.new(2024, 1, 1)).to_i / 7
  people[weeks % people.size]
end

def next_turn(person, day = Date.today)
  team, = ROTA.find { |_, people| people.include?(person) }
  return nil unless team

  (0..).lazy.map { |week| day + 7 * week }.find { |later| on_call(team, later) == person }
end

if $PROGRAM_NAME == __FILE__
  ROTA.each_key { |team| puts "#{team}: #{on_call(team)}" }
end
