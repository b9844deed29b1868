{-# LANGUAGE TupleSections #-}

module Trie
  ( Trie
  , empty
  , insert
  , lookup
  , withPrefix
  , fromList
  , longestPrefix
  ) where

import qualified Data.Map.Strict as Map
import Data.Maybe (fromMaybe, maybeToList)
import Prelude hiding (lookup)

-- | A map from strings to values that shares common beginnings.
data Trie a = Trie
  { here :: Maybe a
  , next :: Map.Map Char (Trie a)
  } deriving (Eq, Show)

instance Functor Trie where
  fmap f (Trie v kids) = Trie (f <$> v) (fmap f <$> kids)

instance Foldable Trie where
  foldr f z (Trie v kids) = maybe id f v (foldr (flip (foldr f)) z kids)

empty :: Trie a
empty = Trie Nothing Map.empty

insert :: String -> a -> Trie a -> Trie a
insert [] v t = t { here = Just v }
insert (c : cs) v t = t { next = Map.alter (Just . insert cs v . fromMaybe empty) c (next t) }

fromList :: [(String, a)] -> Trie a
fromList = foldr (uncurry insert) empty

descend :: String -> Trie a -> Maybe (Trie a)
descend [] t = Just t
descend (c : cs) t = Map.lookup c (next t) >>= descend cs

lookup :: String -> Trie a -> Maybe a
lookup key t = descend key t >>= here

-- | All entries whose key begins with the given string, in alphabetical order.
withPrefix :: String -> Trie a -> [(String, a)]
withPrefix prefix t = maybe [] (go (reverse prefix)) (descend prefix t)
  where
    go path (Trie v kids) =
      map (reverse path,) (maybeToList v)
        ++ concat [go (c : path) kid | (c, kid) <- Map.toAscList kids]

-- | The longest key of the trie that the text begins with, and what is left of the text.
longestPrefix :: String -> Trie a -> Maybe (String, a, String)
longestPrefix = go [] Nothing
  where
    go path best text (Trie v kids) =
      let best' = maybe best (\x -> Just (reverse path, x, text)) v
       in case text of
            (c : rest) | Just kid <- Map.lookup c kids -> go (c : path) best' rest kid
            _ -> best'
