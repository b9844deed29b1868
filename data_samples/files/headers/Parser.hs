{- |
   Module      : Expression.Parser
   Copyright   : (c) Aoife Brennan, 2017
   License     : BSD3 {- a nested comment, which Haskell allows -}
   Maintainer  : aoife@lambdahollow.ie
   Stability   : experimental
-}
module Expression.Parser (evaluate) where

import Data.Char (isDigit, isSpace)

-- | Evaluates sums and products of natural numbers with parentheses.
evaluate :: String -> Maybe Integer
evaluate text = case expression (filter (not . isSpace) text) of
  Just (value, "") -> Just value
  _ -> Nothing

expression, term, factor :: String -> Maybe (Integer, String)
expression s = term s >>= more '+' (+) term
term s = factor s >>= more '*' (*) factor
factor ('(' : rest) = case expression rest of
  Just (value, ')' : after) -> Just (value, after)
  _ -> Nothing
factor s = case span isDigit s of
  ("", _) -> Nothing
  (digits, rest) -> Just (read digits, rest)

more :: Char -> (Integer -> Integer -> Integer) -> (String -> Maybe (Integer, String)) -> (Integer, String) -> Maybe (Integer, String)
more sign apply next (left, c : rest) | c == sign = do
  (right, after) <- next rest
  more sign apply next (left `apply` right, after)
more _ _ _ done = Just done
