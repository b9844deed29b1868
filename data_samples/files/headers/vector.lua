-----------------------------------------------------------------------------
-- vector.lua: two-dimensional vectors
-- Author: Bartek Zieliński
-- Copyright: 2013, all rights reserved
-- License: public domain (see UNLICENSE)
-----------------------------------------------------------------------------

local Vector = {}
Vector.__index = Vector

function Vector.new(x, y)
  return setmetatable({ x = x or 0, y = y or 0 }, Vector)
end

function Vector.__add(a, b) return Vector.new(a.x + b.x, a.y + b.y) end
function Vector.__sub(a, b) return Vector.new(a.x - b.x, a.y - b.y) end
function Vector.__mul(a, k) return Vector.new(a.x * k, a.y * k) end
function Vector.__eq(a, b) return a.x == b.x and a.y == b.y end

function Vector:length()
  return math.sqrt(self.x * self.x + self.y * self.y)
end

function Vector:normalized()
  local length = self:length()
  assert(length > 0, "the zero vector has no direction")
  return self * (1 / length)
end

function Vector:rotated(angle)
  local c, s = math.cos(angle), math.sin(angle)
  return Vector.new(c * self.x - s * self.y, s * self.x + c * self.y)
end

return Vector
