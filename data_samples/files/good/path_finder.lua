-- A* on a grid of movement costs. A cost of nil or math.huge is a wall.

local PathFinder = {}
PathFinder.__index = PathFinder

local NEIGHBOURS = { { 1, 0 }, { -1, 0 }, { 0, 1 }, { 0, -1 } }

function PathFinder.new(grid)
  assert(#grid > 0 and #grid[1] > 0, "the grid must have at least one cell")
  local cheapest = math.huge
  for _, row in ipairs(grid) do
    for _, cost in ipairs(row) do
      cheapest = math.min(cheapest, cost)
    end
  end
  return setmetatable({ grid = grid, cheapest = cheapest }, PathFinder)
end

function PathFinder:cost(x, y)
  local row = self.grid[y]
  return row and row[x] or math.huge
end

-- Manhattan distance times the cheapest step: never more than the true cost.
function PathFinder:estimate(x, y, goal)
  return (math.abs(x - goal.x) + math.abs(y - goal.y)) * self.cheapest
end

local function push(heap, node)
  local i = #heap + 1
  heap[i] = node
  while i > 1 do
    local parent = i // 2
    if heap[parent].rank <= heap[i].rank then break end
    heap[parent], heap[i] = heap[i], heap[parent]
    i = parent
  end
end

local function pop(heap)
  local top, last = heap[1], table.remove(heap)
  if #heap == 0 then return top end
  heap[1] = last
  local i = 1
  while true do
    local child = 2 * i
    if child > #heap then break end
    if child < #heap and heap[child + 1].rank < heap[child].rank then child = child + 1 end
    if heap[i].rank <= heap[child].rank then break end
    heap[i], heap[child] = heap[child], heap[i]
    i = child
  end
  return top
end

local function unwind(node)
  local path = {}
  while node do
    table.insert(path, 1, { x = node.x, y = node.y })
    node = node.from
  end
  return path
end

-- Returns the cheapest path and its cost, or nil when the goal cannot be reached.
function PathFinder:find(start, goal)
  local best = { [start.y .. ":" .. start.x] = 0 }
  local heap = {}
  push(heap, { x = start.x, y = start.y, spent = 0, rank = self:estimate(start.x, start.y, goal) })
  while #heap > 0 do
    local node = pop(heap)
    if node.x == goal.x and node.y == goal.y then return unwind(node), node.spent end
    for _, step in ipairs(NEIGHBOURS) do
      local x, y = node.x + step[1], node.y + step[2]
      local spent = node.spent + self:cost(x, y)
      local key = y .. ":" .. x
      if spent < math.huge and spent < (best[key] or math.huge) then
        best[key] = spent
        push(heap, { x = x, y = y, spent = spent, rank = spent + self:estimate(x, y, goal), from = node })
      end
    end
  end
  return nil
end

return PathFinder
